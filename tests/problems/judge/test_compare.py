"""What is right and what is not, as JUDGE's section on the verdict and the catalogue say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems.judge.compare import compare
from tests.problems.judge.test_codec import VALUES

RTOL, ATOL = 1e-4, 1e-6
NAN, INF = math.nan, math.inf
A = np.array([[1.0, 2.0], [3.0, 4.0]])


def is_right(expected, got):
    return compare(expected, got, RTOL, ATOL) is None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (A, A),
        (A, A.astype("f4")),
        (A, A.astype(int)),
        (A, A * (1 + 0.9e-4)),
        (0.0, 1e-6),
        (2.0, np.array(2.0)),
        (np.array(2.0), 2),
        (3, 3.0),
        (np.arange(3), np.arange(3.0)),
        (np.arange(3), np.arange(3, dtype="u1")),
        (2**70, float(2**70)),
        ((1.0, 2.0), [1.0, 2.0]),
        ([1.0, A], (1.0, A)),
        ({"a": 1.0, 2: A}, {2: A, "a": 1.0}),
        (True, True),
        (np.array([True]), np.array([True])),
        (1j, 1j + 1e-7),
        (np.array([1.0 + 0j]), np.array([1.0])),
        (NAN, NAN),
        (np.array([NAN, INF, -INF]), np.array([NAN, INF, -INF], "f4")),
        (complex(NAN, 1.0), complex(NAN, 1.0 + 1e-7)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        ("text", "text"),
        (None, None),
    ],
)
def test_right(expected, got):
    assert is_right(expected, got)


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (A, A.T, "At [0, 1]: 3.0 instead of 2.0 (2 of 4 are wrong, by up to 1)."),
        (A, A[:1], "The result is an array of shape (1, 2) instead of (2, 2)."),
        (A, A[None], "The result is an array of shape (1, 2, 2) instead of (2, 2)."),
        (A, A.tolist(), "list of 2 items instead of an array of shape (2, 2); np.array(...)"),
        ([1.0, 2.0], np.array([1.0, 2.0]), ".tolist() makes a list of it."),
        (A, None, "is there a return statement?"),
        (2.0, np.array([2.0]), "an array of shape (1,) instead of a single number."),
        (np.array([2.0]), 2.0, "a single number instead of an array of shape (1,)."),
        (A, A + 0j, "an array of complex numbers instead of floats."),
        (1.0, 1 + 0j, "a complex number instead of a float."),
        (1.0, True, "a truth value instead of a float."),
        (True, 1, "an integer instead of a truth value."),
        (np.array([1, 0]), np.array([True, False]), "truth values instead of integers."),
        (3, 3.0000001, "The result is 3.0000001 instead of 3."),
        (3, NAN, "nan instead of 3"),
        (2**53 + 1, float(2**53), "instead of 9007199254740993."),
        (np.array([2**63], "u8"), np.array([2**63 - 1]), "instead of 9223372036854775808"),
        (np.array([2**62 + 1]), np.array([float(2**62)]), "instead of 4611686018427387905"),
        (2**70, 2**70 + 1, "instead of 1180591620717411303424."),
        (1.0, 2**5000, "instead of 1.0."),
        (1.0, NAN, "nan instead of 1.0"),
        (1.0, INF, "inf instead of 1.0"),
        (INF, -INF, "-inf instead of inf"),
        (INF, 1e308, "instead of inf"),
        (NAN, 0.0, "0.0 instead of nan"),
        (NAN, INF, "inf instead of nan"),
        (complex(NAN, 1), complex(1, NAN), "instead of"),
        ([1.0, 2.0], [1.0], "a list of 1 item instead of 2."),
        ((1.0, A), (1.0, A + 1), "At [1][0, 0]: 2.0 instead of 1.0 (4 of 4"),
        ({"a": 1.0}, {"b": 1.0}, "without the key 'a' and with the key 'b', not expected."),
        ({"a": [1.0]}, {"a": [2.0]}, "At ['a'][0]: 2.0 instead of 1.0."),
        ({"a": 1.0}, [1.0], "a list of 1 item instead of a dict of 1 item."),
        ("a", "b", "'b' instead of 'a'"),
        ("1", 1, "an integer instead of a text."),
        (None, 0, "an integer instead of None."),
        (1.0, "1.0", "a text instead of a float."),
    ],
)
def test_wrong_with_a_sentence(expected, got, said):
    difference = compare(expected, got, RTOL, ATOL)
    assert difference is not None
    assert said in difference.message


def test_the_tolerance_is_that_of_the_expected_value():
    assert is_right(100.0, 100.0099)
    assert not is_right(100.0, 100.0102)
    # Were it that of the answer, any large enough one would be right.
    assert compare(0.0, 1e9, 10.0, 0.0) is not None


def test_a_difference_says_where_it_begins_and_how_large_it_gets():
    got = A + np.array([[0.0, 0.5], [0.0, -2.0]])
    difference = compare([0, (A,)], [0, (got,)], RTOL, ATOL)
    assert difference.index == (1, 0, 0, 1)
    assert (difference.wrong, difference.of, difference.largest_error) == (2, 4, 2.0)


def test_the_largest_error_is_that_of_all_parts():
    difference = compare([1.0, 2.0, A], [1.5, 2.0, A + 3], RTOL, ATOL)
    assert difference.index == (0,)
    assert difference.largest_error == 3.0


@given(VALUES)
def test_a_value_is_right_when_it_is_its_own(value):
    assert is_right(value, value)


@given(VALUES, VALUES, st.floats(0, 1), st.floats(0, 1))
def test_any_two_values_can_be_compared(expected, got, rtol, atol):
    difference = compare(expected, got, rtol, atol)
    assert difference is None or difference.message.endswith((".", "?"))
