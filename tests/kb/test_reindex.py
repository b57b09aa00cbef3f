"""manage.py reindex: cards and index made anew from what is published, as if nothing were there."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from kb import search, services
from kb.models import Card, CaseStudy, Company
from kb.models.entry import Entry
from problems.models import Problem
from rest.version import content_version

TABLES = ("kb_search", "kb_search_vocabulary")


def reindex() -> str:
    out = StringIO()
    call_command("reindex", stdout=out)
    return out.getvalue()


def hits(text: str) -> list[tuple]:
    return [
        (hit.type, hit.slug, hit.score, hit.snippet) for hit in search.find(text, [], size=100).hits
    ]


def rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_it_changes_nothing_where_all_is_right(shipped):
    cards = list(Card.objects.order_by("pk").values())
    asked = {text: hits(text) for text in ("attention", "netflix", "the", "probabilit")}
    for _again in range(2):
        assert reindex() == f"{len(cards)} cards made anew, 0 dropped.\n"
        assert list(Card.objects.order_by("pk").values()) == cards
        assert {text: hits(text) for text in asked} == asked
    assert rows("kb_search") == len(cards)


def test_an_index_that_is_lost_comes_back(shipped):
    asked = {text: hits(text) for text in ("attention", "bayes")}
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
    assert hits("attention") == []
    reindex()
    assert {text: hits(text) for text in asked} == asked
    assert search.find("atention", []).words == ["attention"]


def test_cards_that_are_lost_come_back_those_of_other_apps_too(shipped):
    cards = set(Card.objects.values_list("type", "slug"))
    Card.objects.all().delete()
    reindex()
    assert set(Card.objects.values_list("type", "slug")) == cards
    assert Card.objects.filter(type=Problem.TYPE).exists()


def test_what_is_not_published_gets_no_card_and_loses_the_one_it_had(folder, cora):
    Company.objects.create(slug="zebra", title="Zebra", summary="Zebras.", author=cora)
    draft = services.start_draft(Company.objects.get(slug="acme"), cora)
    draft.title = "Zebra too"
    draft.save()
    orphan = Card.objects.create(type="company", slug="gone", title="Zebra gone", url="/gone/")
    search.index(orphan)
    assert [slug for _, slug, *_ in hits("zebra")] == ["gone"]
    number = Card.objects.count() - 1
    assert reindex() == f"{number} cards made anew, 1 dropped.\n"
    assert hits("zebra") == []
    assert not Card.objects.filter(slug="gone").exists()
    # A word that no card has any more corrects nothing.
    assert search.find("zebraa", []).count == 0


def test_readers_get_new_answers_afterwards(folder):
    before = content_version()
    reindex()
    assert content_version() == before + 1


def test_nothing_is_changed_where_a_card_cannot_be_made(folder):
    asked = hits("anvil")
    CaseStudy.objects.filter(slug="acme-ranker").update(rendered={})
    with pytest.raises(KeyError):
        reindex()
    assert hits("anvil") == asked


def test_a_site_where_nothing_is_published_has_no_cards(folder):
    number = Card.objects.count()
    for model in Entry.__subclasses__():
        model.objects.update(state="draft")
    assert reindex() == f"0 cards made anew, {number} dropped.\n"
    assert [rows(table) for table in (*TABLES, "kb_card")] == [0, 0, 0]
    assert search.find("anvil", []).count == 0
