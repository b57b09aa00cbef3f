"""The filters of the list of case studies."""

import re

import pytest

from kb.models import CaseStudy, Company
from kb.services import claim, record_publication, rendered


@pytest.fixture
def second(library):
    bolt = Company.objects.create(slug="bolt", title="Bolt", summary="Makes bolts.")
    case = CaseStudy.objects.create(
        slug="bolt-fraud",
        title="Fraud at Bolt",
        summary="Who pays.",
        company=bolt,
        domain="fraud-and-risk",
        year=2022,
        body="## Goal {#goal}\n\nFind fraud.\n",
    )
    for entry in (bolt, case):
        claim(entry)
        record_publication(entry, rendered(entry, entry.to_document()), origin="file")
    return case


OURS = {"acme-ranker", "bolt-fraud"}


def listed(client, query: str = "") -> set[str]:
    html = client.get(f"/cases/{query}").content.decode()
    return OURS & set(re.findall(r'<h2><a href="/cases/([a-z-]+)/">', html))


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", {"acme-ranker", "bolt-fraud"}),
        ("?company=bolt", {"bolt-fraud"}),
        ("?domain=recommendation", {"acme-ranker"}),
        ("?technique=sorting-anvils", {"acme-ranker"}),
        ("?technique=sorting-anvils&company=bolt", set()),
        ("?company=nobody", set()),
        ("?colour=red", {"acme-ranker", "bolt-fraud"}),
    ],
)
def test_the_list_shows_what_fits_every_filter(second, client, query, slugs):
    assert listed(client, query) == slugs


def test_a_filter_link_adds_to_the_others_and_a_chosen_one_takes_itself_off(second, client):
    html = client.get("/cases/?company=acme").content.decode()
    assert 'href="?company=acme&amp;domain=recommendation"' in html
    assert 'href="?" aria-current="true"' in html


def test_a_draft_adds_no_filter(library, client):
    html = client.get("/cases/").content.decode()
    assert "domain=recommendation" in html
    assert "domain=other" not in html


def test_a_case_is_found_by_its_component_and_its_year(scorers, client):
    assert '<h2><a href="/cases/acme-newer/">' in (
        html := client.get("/cases/?component=feature-store&company=acme").content.decode()
    )
    assert '<h2><a href="/cases/acme-scorer/">' not in html
    html = client.get("/cases/?year=2021&company=acme").content.decode()
    assert '<h2><a href="/cases/acme-scorer/">' in html
    assert '<h2><a href="/cases/acme-ranker/">' not in html


def test_a_chosen_value_is_never_folded_away(scorers, client):
    html = client.get("/cases/?component=event-stream").content.decode()
    group = html[html.index("<h2>Component</h2>") :]
    assert group.index("component=client") < group.index("<details>")
    first = re.search(r'<li><a href="[^"]*" aria-current="true"><span>([^<]+)', group)
    assert first[1].strip() == "Event stream"
    assert group.index("Event stream") < group.index("<details>")
