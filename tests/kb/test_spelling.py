"""Misspelt words and what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.spelling import distances, near

VOCABULARY = ["attention", "attentive", "netflix", "bayes", "bayesian", "head", "personalisation"]
words = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        # A letter left out, put in, mistaken or swapped; in the second half of a word too.
        ("atention", "attention"),
        ("attnetion", "attention"),
        ("attentoin", "attention"),
        ("attentin", "attention"),
        ("netflx", "netflix"),
        ("netflux", "netflix"),
        ("bayse", "bayes"),
        ("byaesian", "bayesian"),
        # A word that is not typed to its end.
        ("persnalis", "personalis"),
        # What is too short, and what is too far.
        ("hed", None),
        ("nefix", None),
        ("ttention", None),
        ("transformer", None),
    ],
)
def test_the_nearest_word_is_meant(word, meant):
    assert near(word, VOCABULARY) == ([meant] if meant else [])


def test_of_words_as_near_all_may_be_meant_and_none_that_is_further():
    assert sorted(near("modle", ["mode", "model", "module", "mole", "modal"])) == [
        *("mode", "model", "module", "mole"),
    ]


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
def test_the_distance_to_each_beginning_is_that_of_its_definition(one, other):
    expected = [by_definition(one, other[:length]) for length in range(len(other) + 1)]
    assert distances(one, other) == expected


@given(words, words, st.integers(0, 3))
def test_only_what_is_too_far_is_given_up(one, other, most):
    expected = distances(one, other)
    assert distances(one, other, most) in (expected, None)
    if min(expected) <= most:
        assert distances(one, other, most) == expected
