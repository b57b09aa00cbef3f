"""The list of what has gone stale, and the way from each line to where it is mended."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kb import stale
from kb.models import CaseStudy, Claim, Company, Link, Quantity, Source, Topic
from rest.version import raise_content_version
from tests.kb.admin_forms import url
from tests.kb.evidence import CASE

PAGE = reverse("admin:kb_stale")


@pytest.fixture
def case(folder):
    folder.write("case-studies/acme-scorer.md", CASE)
    folder.load()
    cache.clear()
    return CaseStudy.objects.get(slug="acme-scorer")


def titles(found) -> list[str]:
    return [stale_.title for stale_ in found.found]


def test_entries_that_nobody_looked_at_for_long_are_listed_oldest_first(case, settings):
    settings.STALE_AFTER = 100
    now = timezone.now()
    old, older = Company.objects.get(slug="acme"), case
    Company.objects.filter(pk=old.pk).update(updated_at=now - datetime.timedelta(days=101))
    CaseStudy.objects.filter(pk=older.pk).update(updated_at=now - datetime.timedelta(days=300))
    assert titles(stale.not_looked_at()) == [older.title, old.title]
    CaseStudy.objects.filter(pk=older.pk).update(reviewed_at=now - datetime.timedelta(days=3))
    assert titles(stale.not_looked_at()) == [old.title]


def test_a_case_that_could_not_be_published_today_is_listed_with_the_reason(case):
    assert stale.failing_cases().count == 0
    CaseStudy.objects.filter(pk=case.pk).update(body="## The goal {#goal}\n\n$\\nonsense$\n")
    assert stale.failing_cases().count == 0
    raise_content_version()
    failing = stale.failing_cases()
    assert titles(failing) == [case.title]
    assert failing.found[0].why


def test_many_cases_are_looked_at_in_steps(case, monkeypatch):
    CaseStudy.objects.filter(pk=case.pk).update(body="")
    raise_content_version()
    monkeypatch.setattr(stale, "SECONDS_RENDERING", -1)
    first = stale.failing_cases()
    assert first.count == 0
    assert "are looked at when this page is opened again" in first.what
    monkeypatch.setattr(stale, "SECONDS_RENDERING", 60)
    assert titles(stale.failing_cases()) == [case.title]


def test_sources_whose_address_rots_are_listed_with_the_entry_that_cites_them(case):
    Link.objects.create(url="https://example.com/retold/", state="dead")
    Link.objects.create(url="https://example.org/anvils", state="moved", moved_to="https://b.org/")
    Link.objects.create(url="https://example.org/payments", state="ok")
    found = stale.rotten_sources()
    assert set(titles(found)) == {case.title, "Acme ranks its anvils"}
    assert "https://example.org/anvils moved to https://b.org/" in [row.why for row in found.found]


def test_claims_that_nobody_read_in_an_original_are_listed(case):
    of_case = [row for row in stale.weak_claims().found if row.row == case]
    assert [row.title for row in of_case] == ["Acme scores payments: delay-retold"]
    count = stale.weak_claims().count
    Claim.objects.filter(case_study=case).update(confidence="unverified")
    assert stale.weak_claims().count == count + 2


def test_planned_topics_stand_in_the_order_of_how_many_published_texts_name_them(case):
    found = {row.title: row.why for row in stale.wanted_topics().found}
    assert found["Hammers"] == "named by 2"
    CaseStudy.objects.filter(slug="acme-ranker").update(state="draft")
    found = {row.title: row.why for row in stale.wanted_topics().found}
    assert found["Hammers"] == "named by 1"


def test_words_that_no_case_uses_are_listed(case):
    word = Quantity.objects.create(
        slug="aaa",
        name="Aaa",
        summary="A.",
        reason="To test.",
        base_unit=Quantity.objects.first().base_unit,
    )
    assert "Aaa" in titles(stale.unused_words())
    Claim.objects.filter(case_study=case, key="share").update(quantity=word)
    assert "Aaa" not in titles(stale.unused_words())


def test_the_page_links_to_where_each_is_mended_and_the_sidebar_to_the_page(case, client_as, cora):
    client = client_as(cora)
    page = client.get(PAGE).content.decode()
    assert f'href="{url("change", case)}"' in page
    assert f'href="{url("change", Topic.objects.get(slug="hammers"))}"' in page
    assert f'href="{PAGE}"' in client.get(reverse("admin:index")).content.decode()


def test_the_queries_do_not_grow_with_what_is_stale(case, client_as, cora, settings):
    settings.STALE_AFTER = 0
    client = client_as(cora)
    Link.objects.create(url="https://example.org/payments", state="dead")
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    paper = Source.objects.get(case_study=case, key="paper")
    for number in range(60):
        claim = Claim.objects.get(case_study=case, key="share")
        claim.pk, claim.key, claim.confidence = None, f"more-{number}", "unverified"
        claim.source = paper
        claim.save()
        Link.objects.create(url=f"https://example.org/{number}", state="dead")
        Company.objects.create(slug=f"c-{number}", title="C", summary="C.", state="published")
    with CaptureQueriesContext(connection) as many:
        page = client.get(PAGE).content.decode()
    assert "more come after these" in page
    assert len(many) <= len(few) <= 50


def test_strangers_learners_and_operators_see_nothing_of_it(case, client, client_as, ada, oscar):
    assert client.get(PAGE).status_code == 302
    assert client_as(ada).get(PAGE).status_code == 302
    assert client_as(oscar).get(PAGE).status_code == 403
