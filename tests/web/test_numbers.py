"""Asking: all numbers of all cases on one page, and cases side by side."""

import re

import pytest

from kb.models import CaseStudy
from kb.services import withdraw

OURS = re.compile(r'<th scope="row"><a href="/cases/(acme-[a-z]+)/#claim-([a-z-]+)">')


def ask(client, query: str = "", status: int = 200) -> str:
    response = client.get(f"/numbers/{query}")
    assert response.status_code == status
    return response.content.decode()


def compared(client, slugs: str, status: int = 200) -> str:
    response = client.get(f"/cases/compare/?slug={slugs}")
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        (
            "?quantity=latency&company=acme",
            [("newer", "delay"), ("scorer", "delay"), ("newer", "delay-retold")],
        ),
        ("?quantity=latency&company=acme&max=0.06", [("newer", "delay")]),
        ("?quantity=latency&company=acme&min=0.06&max=0.15", [("scorer", "delay")]),
        ("?quantity=latency&company=acme&min=0.25", [("newer", "delay-retold")]),
        ("?quantity=latency&company=acme&kind=cost", []),
        ("?quantity=base-rate&company=acme", [("newer", "share"), ("scorer", "share")]),
    ],
)
def test_numbers_are_found_by_quantity_kind_company_and_size(scorers, client, query, keys):
    found = [(case.removeprefix("acme-"), key) for case, key in OURS.findall(ask(client, query))]
    assert [one for one in found if one != ("scorer", "delay-retold")] == keys


def test_the_values_of_a_quantity_stand_in_its_unit_and_by_size(scorers, client):
    html = ask(client, "?quantity=latency&company=acme")
    assert '<th scope="col">In seconds</th>' in html
    assert re.findall(r'<td class="nowrap">(0\.[0-9 to.]+)</td>', html) == [
        "0.05",
        "0.1",
        *["0.2 to 0.3"] * 2,
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?quantity=beauty", "No published number has the quantity “beauty”."),
        ("?kind=odd", "No published number has the kind “odd”."),
        ("?company=nobody", "No published number has the company “nobody”."),
        ("?min=0.5", "Choose a quantity first"),
        ("?quantity=latency&min=x", "The lowest value should be a number"),
        ("?quantity=latency&max=1e999", "The highest value should be a number"),
        ("?quantity=latency&min=nan", "The lowest value should be a number"),
        ("?quantity=latency&min=2&max=1", "The highest value is below the lowest one."),
        ("?quantity=%00", "No published number has the quantity"),
        ("?quantity=<script>", "“&lt;script&gt;”"),
    ],
)
def test_a_question_that_cannot_be_asked_is_answered_by_a_sentence(scorers, client, query, words):
    html = ask(client, query, status=400)
    assert words in html
    assert not OURS.findall(html)


@pytest.mark.parametrize("page", ["0", "-1", "x", "999999", "9" * 400])
def test_a_page_that_does_not_exist_is_no_fault(scorers, client, page):
    assert "Every number" in ask(client, f"?page={page}")


def test_commas_between_thousands_and_a_real_minus_sign_are_understood(scorers, client):
    assert "notice bad" not in ask(client, "?quantity=latency&min=−1&max=1,000")


def test_a_number_of_a_withdrawn_case_is_not_shown(scorers, client):
    withdraw(CaseStudy.objects.get(slug="acme-newer"))
    assert "acme-newer" not in ask(client, "?quantity=latency&company=acme")


def test_two_cases_stand_side_by_side_in_the_order_that_was_asked_for(scorers, client):
    html = compared(client, "acme-newer,acme-scorer")
    assert html.index("Acme scores again</a>") < html.index("Acme scores payments</a>")
    latency = re.search(r"Latency</a></th>.*?</tr>", html, re.DOTALL)[0]
    assert 'under 50 ms</a> <span class="base">= 0.05 seconds' in latency
    assert 'under 100 ms</a> <span class="base">= 0.1 seconds' in latency
    assert "Read in the original" in latency
    assert "1 more" in latency
    only = re.findall(r'<li><a href="/cases/\?component=([a-z-]+)">', html)
    assert only == ["feature-store", "event-stream"]
    assert '<a href="/techniques/anvil-sorting/">Anvil sorting</a>' in html


def test_a_form_may_name_each_case_by_itself(scorers, client):
    assert compared(client, "acme-newer&slug=acme-scorer") == compared(
        client, "acme-newer,acme-scorer"
    )
    listed = client.get("/cases/").content.decode()
    assert '<input type="checkbox" name="slug" value="acme-scorer">' in listed
    assert 'action="/cases/compare/"' in listed


@pytest.mark.parametrize(
    ("slugs", "words", "status"),
    [
        ("", "none is chosen", 200),
        ("acme-newer", "only one is chosen", 400),
        ("acme-newer,acme-newer", "only one is chosen", 400),
        ("a,b,c,d,e", "more are chosen", 400),
        ("acme-newer,nobody", "There is no case study", 400),
        ("acme-newer,%00", "There is no case study", 400),
        ("acme-newer,<script>", "&lt;script&gt;", 400),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(scorers, client, slugs, words, status):
    html = compared(client, slugs, status)
    assert words in html
    assert "<script>" not in html.partition("</head>")[2]


def test_a_case_that_nobody_sees_is_not_compared(scorers, client):
    withdraw(CaseStudy.objects.get(slug="acme-newer"))
    assert "acme-newer" in compared(client, "acme-newer,acme-scorer", 400)
    assert "Acme scores again" not in compared(client, "acme-newer,acme-scorer", 400)
