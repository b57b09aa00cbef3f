"""Snippets: the best place of a text, with the words marked and nothing live."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.snippets import LENGTH, Marker

TEXT = "Once. " * 60 + "The colour of <b>Optimized</b> models & a modèle. " + "Twice. " * 60


def marked(text: str, *words: str) -> list[str]:
    return re.findall("<mark>(.*?)</mark>", Marker(list(words)).snippet(text))


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("color", ["colour"]),
        ("optimisation", ["Optimized"]),
        ("optimis", ["Optimized"]),
        ("modelling", ["models", "modèle"]),
        ("model", ["models", "modèle"]),
        ("absent", []),
    ],
)
def test_words_are_marked_as_they_are_written(word, found):
    assert marked(TEXT, word) == found


def test_it_shows_where_most_of_the_words_stand():
    text = "A feature. " + "x " * 300 + "A feature of a model. " + "x " * 300
    assert marked(text, "feature", "model") == ["feature", "model"]


def test_it_is_short_and_says_where_it_leaves_out():
    snippet = Marker(["color"]).snippet(TEXT)
    plain = unescape(re.sub("</?mark>", "", snippet))
    assert plain.startswith("…")
    assert plain.endswith("…")
    assert len(plain) <= LENGTH + 10
    assert "&lt;b&gt;" in snippet


@given(st.text(), st.lists(st.text("abcé", min_size=1, max_size=4), min_size=1))
def test_any_text_gives_marks_and_no_other_tag(text, words):
    snippet = Marker(words).snippet(text)
    assert set(re.findall("<[^>]*>?", snippet)) <= {"<mark>", "</mark>"}


def test_a_text_without_an_end_is_cut():
    assert len(Marker(["b"]).snippet("a" * 100_000)) < LENGTH + 50
    assert Marker(["a"]).snippet("") == ""
