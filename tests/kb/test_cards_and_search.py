"""Cards of what is published, and search over them: any query is safe, no snippet is live."""

import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb import search, services
from kb.cards import all_cards, cards_about, techniques_of
from kb.loading import ENTRY_MODELS
from kb.models import Card, CaseStudy, Company, Technique, Topic
from problems.models import Problem
from tests.kb.acme import HAMMERS

OPERATORS = [
    *('"', "'", "*", "(", ")", "-", "+", "^", ":", "{", "}", ",", ".", ";", "%", "_", "\\", "&"),
    *("AND", "OR", "NOT", "NEAR", "NEAR/2", "title:", "anvil*", '"anvils', "a AND (b", "|", "!"),
    *("\0", "\n", "'; DROP TABLE kb_card; --", "<->", ":*", "🔨", "日本語", "ß", "İ", "²", "é"),
]
queries = st.one_of(
    st.text(max_size=60),
    st.lists(st.one_of(st.sampled_from(OPERATORS), st.text(max_size=6)), max_size=8).map(" ".join),
    st.lists(st.sampled_from(OPERATORS), max_size=8).map("".join),
)


def slugs(text: str, types: tuple[str, ...] = ()) -> list[str]:
    cards = Card.objects.in_bulk()
    return [cards[hit.card_id].slug for hit in search.find(text, list(types))]


def test_there_is_one_card_for_each_published_entry_and_no_other(shipped, folder):
    cards = set(Card.objects.values_list("type", "slug"))
    models = [*ENTRY_MODELS.values(), Problem]
    published = {
        (model.TYPE, slug)
        for model in models
        for slug in model.objects.published().values_list("slug", flat=True)
    }
    assert cards == published
    assert ("topic", "hammers") not in cards


def test_a_draft_and_a_new_entry_are_not_found(folder, cora):
    Company.objects.create(slug="zebra", title="Zebra", summary="Zebras.", author=cora)
    draft = services.start_draft(Company.objects.get(slug="acme"), cora)
    draft.title = "Zebra too"
    draft.save()
    assert slugs("zebra") == []
    services.publish(draft, cora)
    assert slugs("zebra") == ["acme"]


def test_what_is_withdrawn_is_found_no_more(folder):
    assert "acme-ranker" in slugs("heaviest")
    services.withdraw(CaseStudy.objects.get(slug="acme-ranker"))
    assert slugs("heaviest") == []


def test_a_hit_in_the_title_stands_before_one_in_the_text(folder):
    text = HAMMERS.replace("Heavy.", "Anvils fall.").replace("hits the anvil", "is swung")
    folder.write("topics/hammers.md", text)
    folder.load()
    found = slugs("anvils", ("topic",))
    assert found[0] == "anvils"
    assert "hammers" in found


def test_words_are_found_by_how_they_begin_in_any_case_and_all_must_be_there(folder):
    assert slugs("ANVIL", ("technique",)) == ["anvil-sorting"]
    assert slugs("ponder", ("technique",)) == ["anvil-sorting"]
    assert slugs("anvil nowhere") == []
    assert slugs("acme anvil heaviest", ("case-study",)) == ["acme-ranker"]


def test_synonyms_and_aliases_are_found(folder):
    assert slugs("ponderosity") == ["anvil-sorting"]


@pytest.mark.parametrize("text", ["", " ", "!!!", '"', "\0", "- -", "🔨"])
def test_a_query_without_a_word_finds_nothing(folder, text):
    assert search.find(text, []) == []


@given(queries)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_whatever_can_be_looked_for(shipped, text):
    for hit in search.find(text, []):
        assert set(re.findall(r"<[^>]*>?", hit.snippet)) <= {"<mark>", "</mark>"}


def test_a_snippet_marks_the_words_and_holds_nothing_live(folder, cora):
    summary = 'Anvils <script>alert("1")</script> & "zebras" <mark> fall.'
    draft = services.start_draft(Company.objects.get(slug="acme"), cora)
    draft.summary = summary
    draft.save()
    services.publish(draft, cora)
    [hit] = search.find("zebras", ["company"])
    assert "<mark>zebras</mark>" in hit.snippet
    tags = re.findall(r"<[^>]*>", hit.snippet)
    assert tags == ["<mark>", "</mark>"]
    assert "<script>" in unescape(hit.snippet)


def test_only_the_types_that_are_asked_for_are_found(folder):
    types = set(Card.objects.filter(slug__in=slugs("anvil")).values_list("type", flat=True))
    assert {"case-study", "topic", "technique"} <= types
    assert slugs("anvil", ("company",)) == []


def test_cards_tell_what_is_about_a_topic_a_technique_and_a_case(folder):
    cards = all_cards()
    about = [(card.type, card.slug) for card in cards_about(cards, topic="anvils")]
    assert about == [("case-study", "acme-ranker"), ("topic", "anvils")]
    about = [card.slug for card in cards_about(cards, technique="anvil-sorting")]
    assert about == ["acme-ranker", "anvil-sorting", "anvils"]
    topic = Topic.objects.get(slug="anvils")
    assert techniques_of(cards, topic) == ["anvil-sorting"]


def test_a_technique_that_is_withdrawn_is_no_longer_named(folder):
    services.withdraw(Technique.objects.get(slug="anvil-sorting"))
    assert techniques_of(all_cards(), Topic.objects.get(slug="anvils")) == []
