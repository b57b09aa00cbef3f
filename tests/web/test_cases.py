"""The page of a case study: its text, its picture, its numbers and what it is linked to."""

import datetime
import re

import pytest
from django.utils import timezone

from kb.models import CaseStudy, Claim, Company, Link
from kb.services import start_draft, withdraw
from tests.kb.evidence import CASE


def page(client, address: str = "/cases/acme-scorer/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def section(html: str, key: str) -> str:
    return re.search(rf'<section id="{key}">.*?</section>', html, re.DOTALL)[0]


def ids(html: str) -> list[str]:
    return re.findall(r'\sid="([^"]+)"', html)


def test_the_sections_stand_in_their_order_and_the_fields_after_them(scorers, client):
    keys = re.findall(r'<section id="([a-z-]+)">', page(client))
    assert keys[0] == "goal"
    assert keys[10:] == ["failures", "lessons", "questions", "numbers", "sources"]


def test_no_address_within_the_page_leads_nowhere_and_no_id_stands_twice(scorers, client):
    for address in ("/cases/acme-scorer/", "/cases/acme-newer/"):
        html = page(client, address)
        found = ids(html)
        assert len(found) == len(set(found))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(found)


@pytest.mark.parametrize("slug", ["netflix-recommender-system", "uber-michelangelo"])
def test_no_address_within_a_shipped_case_leads_nowhere(shipped, client, slug):
    html = page(client, f"/cases/{slug}/")
    found = ids(html)
    assert len(found) == len(set(found))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(found)


def test_the_picture_stands_at_the_head_of_its_section_in_both_forms_and_in_words(scorers, client):
    html = section(page(client), "architecture")
    assert html.index("<figure") < html.index("From the till to the scorer")
    assert 'class="arch arch-wide"' in html
    assert 'class="arch arch-tall"' in html
    assert '<a href="/api/v1/case-studies/acme-scorer/architecture.svg">SVG</a>' in html
    words = html[html.index("The picture in words") :]
    assert "Till → Scorer <span>request: asks</span>" in words
    assert "Scorer → Payment log <span>event</span>" in words
    assert "stream, <em>inferred</em>" in words
    svg = client.get("/api/v1/case-studies/acme-scorer/architecture.svg")
    assert svg.status_code == 200


def test_every_claim_stands_in_the_table_with_what_how_and_where(scorers, client):
    table = section(page(client), "numbers")
    rows = table.split("<tr")[2:]
    assert len(rows) == 3
    delay, share, retold = rows
    assert '<a href="#claim-delay">under 100 ms</a>' in delay
    assert "99th percentile, at the gateway" in delay
    assert "June 2021" in delay
    assert '<a href="#source-paper">Source 1</a>, page 3' in delay
    assert 'Disputed by <a href="#claim-delay-retold">0.2 to 0.3 seconds</a>' in delay
    assert 'Disputed by <a href="#claim-delay">under 100 ms</a>' in retold
    assert "Secondary account" in retold
    assert "Disputed" not in share
    assert 'href="/api/v1/claims/?case_study=acme-scorer"' in table


def test_a_claim_that_the_text_leaves_out_has_its_anchor_in_the_table(scorers, client):
    scorers.write("case-studies/acme-scorer.md", CASE.replace(", within [#delay]", ""))
    scorers.load()
    html = page(client)
    assert '<tr id="claim-delay">' in section(html, "numbers")
    assert ids(html).count("claim-delay") == 1


def test_a_claim_in_the_text_shows_how_it_was_read_and_a_computed_number_that_it_is_ours(
    scorers, client
):
    html = page(client)
    assert 'href="#note-claim-delay-retold" data-doubt="secondary account"' in html
    assert '<span class="computed" title="Computed for this text">8%</span>' in html
    assert "<b>*</b> secondary account." in html
    assert "<b>?</b>" not in html


def test_beside_an_experiment_stand_the_published_number_and_ours(scorers, client):
    html = section(page(client), "evaluation")
    assert (
        'Published: base rate <a class="claim" href="#claim-share">1 in 1,000</a>. Recomputed'
        ' here: positive predictive value <span class="computed">0.08264</span>.'
    ) in html
    assert round(0.9 * 0.001 / (0.9 * 0.001 + 0.01 * 0.999), 5) == 0.08264


def test_a_case_that_was_replaced_says_so_at_its_top(scorers, client):
    old, new = page(client), page(client, "/cases/acme-newer/")
    notice = 'replaces this one: <a href="/cases/acme-newer/">Acme scores again</a>'
    assert notice in old[: old.index("<article")]
    assert "replaces this one" not in new
    assert '<p class="reason">Replaced by · <a href="/cases/compare/' in old
    assert '<p class="reason">Replaces · <a href="/cases/compare/' in new


def test_a_case_is_not_linked_to_one_that_nobody_sees(scorers, client):
    withdraw(CaseStudy.objects.get(slug="acme-newer"))
    html = page(client)
    assert "acme-newer" not in html
    assert "replaces this one" not in html


@pytest.mark.parametrize(
    ("state", "values", "words"),
    [
        ("unchecked", {}, None),
        ("ok", {}, "Checked 3 Nov 2026"),
        ("moved", {"moved_to": "https://example.net/new"}, "https://example.net/new</a>"),
        ("blocked", {}, "Opens only in a browser"),
        ("dead", {}, 'href="https://web.archive.org/web/*/https://example.org/payments"'),
    ],
)
def test_a_source_says_what_became_of_its_address(scorers, client, state, values, words):
    at = datetime.datetime(2026, 11, 3, tzinfo=timezone.get_current_timezone())
    Link.objects.filter(url="https://example.org/payments").delete()
    Link.objects.create(url="https://example.org/payments", state=state, checked_at=at, **values)
    sources = section(page(client), "sources")
    assert ("link-badge" in sources) == (words is not None)
    assert words is None or words in sources
    assert '<a class="doi" href="https://doi.org/10.1000/payments" rel="noopener">' in sources


def test_a_draft_without_claims_and_components_has_a_preview(db, client, admin):
    acme = Company.objects.create(slug="acme", title="Acme", summary="Makes anvils.")
    draft = CaseStudy.objects.create(
        slug="bare",
        title="Bare",
        summary="Little.",
        company=acme,
        domain="other",
        year=2020,
        body="## The goal {#goal}\n\nAn anvil.\n",
    )
    client.force_login(admin)
    html = page(client, f"/preview/case-study/{draft.pk}/")
    assert "An anvil." in html
    assert "<figure" not in html
    assert 'id="numbers"' not in html


def test_the_preview_shows_the_picture_before_there_is_a_section_about_it(
    scorers, client, cora, admin
):
    draft = start_draft(CaseStudy.objects.get(slug="acme-scorer"), cora)
    draft.body = "## The goal {#goal}\n\nAn anvil.\n"
    draft.save()
    Claim.objects.filter(case_study=draft).update(source=None, as_of="2021-02")
    client.force_login(admin)
    html = page(client, f"/preview/case-study/{draft.pk}/")
    assert 'class="arch arch-wide"' in section(html, "picture")
    assert "February 2021" in section(html, "numbers")


@pytest.mark.parametrize(
    "address",
    ["/cases/acme-scorer/", "/cases/compare/?slug=acme-scorer,acme-newer", "/numbers/", "/cases/"],
)
def test_a_page_of_cases_takes_at_most_five_queries_and_nothing_inline(
    scorers, client, address, django_assert_max_num_queries
):
    with django_assert_max_num_queries(5):
        html = page(client, address)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert len(re.findall(r"<h1[ >]", html)) == 1
