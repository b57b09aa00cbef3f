"""What the pages show, to whom, and how many queries it takes."""

import re

import pytest

from kb.services import start_draft
from learn.digest import fix_due_days

PAGES = [
    "/",
    "/cases/",
    "/cases/acme-ranker/",
    "/plans/",
    "/plans/basics/",
    "/topics/a-test/",
    "/problems/",
    "/problems/double/",
    "/techniques/sorting-anvils/",
    "/companies/acme/",
    "/search/?q=anvils",
    "/search/",
    "/digest/",
    "/numbers/",
    "/cases/compare/",
    "/guide/jobs/",
    "/sign-in/",
]


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_reads_every_page_in_at_most_five_queries(
    library, client, address, django_assert_max_num_queries
):
    # As the schedule does: before it did, home chooses the day itself.
    fix_due_days()
    with django_assert_max_num_queries(5):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_no_page_needs_an_inline_style_script_or_handler(library, client, address):
    html = text_of(client.get(address))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_one_main_heading_and_a_title(library, client, address):
    html = text_of(client.get(address))
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert re.search(r"<title>[^<]+Casebook|<title>Casebook", html)


def test_the_policy_allows_no_inline_code(library, client):
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "address", ["/cases/hidden/", "/topics/planned/", "/cases/nothing/", "/no/such/page/"]
)
def test_what_is_not_published_is_not_found(library, client, admin, address):
    assert client.get(address).status_code == 404
    client.force_login(admin)
    response = client.get(address)
    assert response.status_code == 404
    assert "There is no page at this address" in text_of(response)


@pytest.mark.parametrize("address", ["/", "/cases/", "/companies/acme/", "/search/?q=hidden"])
def test_no_list_names_a_draft(library, client, address):
    assert "/cases/hidden/" not in text_of(client.get(address))


def test_a_published_page_does_not_change_while_its_draft_is_edited(library, client, cora):
    addresses = ["/", "/cases/", "/cases/acme-ranker/", "/companies/acme/", "/search/?q=anvils"]
    before = [client.get(address).content for address in addresses]
    draft = start_draft(library.case, cora)
    draft.title, draft.body = "Another title", "## Goal {#goal}\n\nAnother text about anvils.\n"
    draft.save()
    draft.techniques.clear()
    assert [client.get(address).content for address in addresses] == before


@pytest.mark.parametrize(
    ("address", "api"),
    [
        ("/cases/acme-ranker/", "/api/v1/case-studies/acme-ranker"),
        ("/topics/a-test/", "/api/v1/topics/a-test"),
        ("/problems/double/", "/api/v1/problems/double"),
    ],
)
def test_a_page_links_its_markdown_and_json(library, client, address, api):
    html = text_of(client.get(address))
    assert f'<a href="{api}.md">Markdown</a>' in html
    assert f'<a href="{api}/">JSON</a>' in html
    assert client.get(f"{api}.md").status_code == 200
    assert client.get(f"{api}/").status_code == 200


def test_a_case_shows_its_fields_and_says_how_a_source_was_read(library, client):
    html = text_of(client.get("/cases/acme-ranker/"))
    assert "<li>Measure <em>first</em></li>" in html
    assert 'href="#source-paper"' in html
    assert 'id="source-paper"' in html
    assert "Secondary: reported by others" in html


def test_a_topic_shows_its_figure_and_its_place(library, client):
    html = text_of(client.get("/topics/a-test/"))
    assert "Of 98 people with a positive test, <b>9 are ill</b>: 9.2%." in html
    assert "Topic 1 of 1 in Basics" in html
    assert '<a href="/problems/double/">Double</a>' in html


def test_a_plan_lists_what_is_written_and_counts_what_is_planned(library, client):
    html = text_of(client.get("/plans/basics/"))
    assert '<a href="/topics/a-test/">A test</a>' in html
    assert "1 more topic planned." in html
    assert "Later" not in html


def test_a_problem_escapes_the_words_of_its_signature(library, client):
    html = text_of(client.get("/problems/double/"))
    assert "Any number &lt; 10." in html
    assert "double(x: float) -&gt; float" in html


def test_a_search_marks_the_words_and_survives_odd_ones(library, client):
    assert "<mark>anvils</mark>" in text_of(client.get("/search/?q=anvils"))
    for query in ["%22%27)(*", "%00", "<script>alert(1)</script>", "x" * 5000]:
        response = client.get(f"/search/?q={query}")
        assert response.status_code == 200
        assert "<script>alert" not in text_of(response)


def test_a_misspelt_search_says_what_it_looked_for(library, client):
    html = text_of(client.get("/search/?q=anvlis"))
    assert "these results are for “anvils”" in html
    assert "<mark>anvils</mark>" in html
    assert "these results" not in text_of(client.get("/search/?q=anvils"))


def test_what_stands_beside_a_topic_says_why(library, client):
    html = text_of(client.get("/topics/a-test/"))
    assert '<p class="reason">Practises this topic</p>' in html


def test_a_page_is_only_read(library, client):
    assert client.post("/cases/").status_code == 405
    assert client.head("/cases/acme-ranker/").status_code == 200


def test_llms_txt_says_how_claims_are_asked_for(library, client):
    text = text_of(client.get("/llms.txt"))
    for path in ("claims/", "quantities/", "case-studies/compare/", "exports/"):
        assert f"http://testserver/api/v1/{path}" in text
