"""Misspelt words and what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.spelling import distance, nearest

VOCABULARY = {"attention": 9, "attentive": 2, "netflix": 3, "bayes": 5, "bayesian": 4, "head": 7}
words = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("atention", "attention"),
        ("attnetion", "attention"),
        ("attentin", "attention"),
        ("netflx", "netflix"),
        ("bayse", "bayes"),
        ("byaesian", "bayesian"),
        # What some word begins with, what is too short, and what is too far.
        ("atten", "atten"),
        ("hea", "hea"),
        ("hed", "hed"),
        ("nefix", "nefix"),
        ("ttention", "ttention"),
        ("transformer", "transformer"),
    ],
)
def test_the_nearest_word_is_meant(word, meant):
    assert nearest(word, VOCABULARY) == meant


def test_of_two_words_as_near_the_one_of_more_texts_is_meant():
    assert nearest("pasts", {"pastas": 1, "pasta": 8}) == "pasta"


def by_definition(one: str, other: str) -> int:
    """Optimal string alignment, straight from its recursion."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        by_definition(one[:-1], other) + 1,
        by_definition(one, other[:-1]) + 1,
        by_definition(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if len(one) > 1 and len(other) > 1 and one[-2:] == other[-1] + other[-2]:
        ways.append(by_definition(one[:-2], other[:-2]) + 1)
    return min(ways)


@given(words, words)
def test_the_distance_is_that_of_its_definition(one, other):
    assert distance(one, other) == by_definition(one, other) == distance(other, one)
