"""Cards of what is published, and search over them: any query is safe, no snippet is live."""

import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb import search, services
from kb.cards import Cards
from kb.loading import ENTRY_MODELS
from kb.models import Card, CaseStudy, Company, Technique, Topic
from problems.models import Problem
from tests.kb.acme import CASE, HAMMERS

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
    return [hit.slug for hit in search.find(text, list(types)).hits]


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
    # A case is found by the name of its company, whatever that is called now.
    assert slugs("zebra") == ["acme", "acme-ranker"]


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
    assert search.find(text, []) == search.Found([], 0, [])


@given(queries)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_whatever_can_be_looked_for(shipped, text):
    for hit in search.find(text, []).hits:
        assert set(re.findall(r"<[^>]*>?", hit.snippet)) <= {"<mark>", "</mark>"}


def test_a_snippet_marks_the_words_and_holds_nothing_live(folder, cora):
    summary = 'Anvils <script>alert("1")</script> & "zebras" <mark> fall.'
    draft = services.start_draft(Company.objects.get(slug="acme"), cora)
    draft.summary = summary
    draft.save()
    services.publish(draft, cora)
    [hit] = search.find("zebras", ["company"]).hits
    assert "<mark>zebras</mark>" in hit.snippet
    tags = re.findall(r"<[^>]*>", hit.snippet)
    assert tags == ["<mark>", "</mark>"]
    assert "<script>" in unescape(hit.snippet)


def test_only_the_types_that_are_asked_for_are_found(folder):
    types = set(Card.objects.filter(slug__in=slugs("anvil")).values_list("type", flat=True))
    assert {"case-study", "topic", "technique"} <= types
    assert slugs("anvil", ("company",)) == []


# Each query, and a slug that is among what it finds: the same on SQLite and on PostgreSQL.
FOUND = [
    # Whole words, in any order and case.
    ("bayesian inference", "bayesian-inference"),
    ("INFERENCE Bayesian", "bayesian-inference"),
    ("multi-head attention", "multi-head-attention"),
    ("netflix", "netflix-recommender-system"),
    ("wide & deep", "google-wide-and-deep"),
    ("michelangelo", "uber-michelangelo"),
    # Words as they begin, also where their stem begins otherwise.
    ("probabilit", "bayesian-inference"),
    ("recommenda", "netflix-recommender-system"),
    ("inferenc", "bayesian-inference"),
    ("poste", "bayesian-inference"),
    ("b", "bayesian-inference"),
    # Other forms of a word.
    ("recommending", "netflix-recommender-system"),
    ("tested probabilities", "bayesian-inference"),
    # Words that are everywhere.
    ("the", "bayesian-inference"),
    ("the netflix", "netflix-recommender-system"),
    # Misspelt words: a letter left out, put in, swapped; two slips in a long word.
    ("netflx", "netflix-recommender-system"),
    ("netfliix", "netflix-recommender-system"),
    ("bayesain inference", "bayesian-inference"),
    ("atention", "multi-head-attention"),
    ("multi head atention", "multi-head-attention"),
    ("recomendaton", "netflix-recommender-system"),
    ("the atention", "multi-head-attention"),
    ("recommendatoin", "netflix-recommender-system"),
    ("netflix recommendr", "netflix-recommender-system"),
    # British and American spelling.
    ("matrix factorization", "matrix-factorisation"),
    ("matrix factorisation", "matrix-factorisation"),
    ("factoriza", "matrix-factorisation"),
    ("personalized", "netflix-recommender-system"),
    ("neighborhood methods", "neighbourhood-methods"),
    # What means something to one of the two databases.
    ("netflix:*", "netflix-recommender-system"),
    ("'netflix' | the", "netflix-recommender-system"),
    ('"netflix" OR', "netflix-recommender-system"),
    ("bayés", "bayesian-inference"),
]
NOT_FOUND = ["zzzunheard", "netflix zzzunheard", "xqzt", "qq"]


@pytest.mark.parametrize(("text", "slug"), FOUND)
def test_a_query_finds(shipped, text, slug):
    assert slug in [hit.slug for hit in search.find(text, [], size=100).hits]


# Both databases read some of these as operators, paths, addresses or numbers.
STRANGE = [
    *("NEAR(netflix, 2)", "title:netflix", "-netflix", "(netflix", "netflix/netflix", "^netflix"),
    *("net\u0301flix", "netflix 🔨", "netflix''", 'netflix"""', "netflix\\", "{netflix}"),
]


@pytest.mark.parametrize("text", STRANGE)
def test_what_is_no_word_means_nothing(shipped, text):
    found = search.find(text, [], size=100)
    assert found.count <= search.find("netflix", []).count
    assert search.find("netflix", []).count > 0


@pytest.mark.parametrize(
    "text", ["日本語", "x" * 5000, "netflix " * 500, "é" * 300, "1e9 0x10 2.5"]
)
def test_long_and_foreign_texts_can_be_looked_for(shipped, text):
    assert search.find(text, []).count >= 0


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_nothing_has_is_not_found(shipped, text):
    assert search.find(text, []).count == 0


def test_a_misspelt_word_is_put_right_only_when_nothing_is_found(shipped):
    found = search.find("netflx", [])
    assert (found.words, found.is_corrected) == (["netflix"], True)
    found = search.find("poste", [])
    assert (found.words, found.is_corrected) == (["poste"], False)


def test_hits_come_in_parts_and_all_are_counted(shipped):
    whole = search.find("a", [], size=1000)
    assert whole.count == len(whole.hits) > 4
    parts = [search.find("a", [], start, 2) for start in (0, 2)]
    assert [hit for part in parts for hit in part.hits] == whole.hits[:4]
    beyond = search.find("a", [], 10**11, 5)
    assert (beyond.hits, beyond.count) == ([], whole.count)
    slugs_of_cases = [hit.slug for hit in search.find("a", ["case-study"], size=1000).hits]
    assert sorted(search.slugs("a", "case-study")) == sorted(slugs_of_cases)


def test_a_search_makes_four_statements_at_most(shipped, django_assert_max_num_queries):
    for text in ("netflix", "netflx", "zzzunheard", "modle bayse"):
        with django_assert_max_num_queries(4):
            search.find(text, [])


@pytest.mark.parametrize("text", ["probabilit", "recommending", "netflx"])
def test_a_snippet_marks_beginnings_stems_and_corrected_words(shipped, text):
    assert any("<mark>" in hit.snippet for hit in search.find(text, []).hits)


def test_cards_tell_what_is_about_a_topic_a_technique_and_a_case(folder):
    cards = Cards()
    about = [(card.type, card.slug) for card in cards.about(topic="anvils")]
    assert about == [("case-study", "acme-ranker"), ("topic", "anvils")]
    about = [card.slug for card in cards.about(technique="anvil-sorting")]
    assert about == ["acme-ranker", "anvil-sorting", "anvils"]
    assert [card.slug for card in cards.techniques_of("topic", "anvils")] == ["anvil-sorting"]


def test_what_is_near_has_its_reasons(folder):
    [topic] = Cards().near("case-study", "acme-ranker")
    assert (topic.card.slug, topic.reason) == (
        "anvils",
        "background to this case study; also uses Anvil sorting",
    )
    [case] = Cards().near("topic", "anvils")
    assert (case.card.slug, case.reason) == (
        "acme-ranker",
        "names this topic; also uses Anvil sorting",
    )


def test_a_second_case_of_a_company_is_near(folder):
    folder.write("case-studies/acme-second.md", CASE.replace("acme-ranker", "acme-second"))
    folder.load()
    [case] = [
        near for near in Cards().near("case-study", "acme-ranker") if near.card.type == "case-study"
    ]
    assert case.card.slug == "acme-second"
    assert case.reason == "also at Acme; also about Anvils; also uses Anvil sorting"


def test_a_technique_that_is_withdrawn_is_no_longer_named(folder):
    services.withdraw(Technique.objects.get(slug="anvil-sorting"))
    cards = Cards()
    assert cards.techniques_of("topic", "anvils") == []
    assert [near.reason for near in cards.near("topic", "anvils")] == ["names this topic"]


def test_a_card_of_an_older_release_is_made_anew_and_a_current_one_is_left(folder):
    topic = Topic.objects.get(slug="anvils")
    assert services.render_anew([topic]) == (0, [])
    card = Card.objects.filter(type="topic", slug="anvils")
    card.update(digest={}, extra={"minutes": 15})
    assert services.render_anew([topic]) == (1, [])
    assert card.get().digest["text"] == topic.teaser
    assert card.get().extra["prerequisites"] == ["hammers"]
    assert services.render_anew([topic]) == (0, [])
