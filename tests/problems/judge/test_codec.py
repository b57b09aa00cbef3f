"""Plain values survive the journey exactly; any other bytes raise DecodeError and nothing else."""

import math
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from problems.judge.codec import MAX_DEPTH, DecodeError, NotPlain, decode, encode
from tests.problems.judge.fuzz import fuzz

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**512), 2**512)
    | st.floats()
    | st.complex_numbers()
    | st.text()
)
DTYPES = (
    arrays.boolean_dtypes()
    | arrays.integer_dtypes()
    | arrays.unsigned_integer_dtypes()
    | arrays.floating_dtypes()
    | arrays.complex_number_dtypes()
)
ARRAYS = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
KEYS = st.text() | st.integers(-(2**59), 2**59) | st.none()
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(one, other):
    """Equal in type, shape and bit pattern."""
    if isinstance(one, np.ndarray):
        return (
            type(other) is np.ndarray
            and (one.shape, one.dtype.newbyteorder("<")) == (other.shape, other.dtype)
            and one.astype(one.dtype.newbyteorder("<")).tobytes() == other.tobytes()
        )
    if isinstance(one, list | tuple):
        alike = type(one) is type(other) and len(one) == len(other)
        return alike and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and repr(one) == repr(other)


@given(VALUES)
def test_a_value_comes_back_as_it_was(value):
    data = encode(value, max_depth=20)
    back = decode(data, max_depth=20)
    assert same(value, back)
    assert encode(back, max_depth=20) == data


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_decode_error(data):
    try:
        value = decode(data)
    except DecodeError:
        return
    encode(value)


@given(VALUES, st.data())
def test_a_message_cut_short_or_prolonged_is_refused(value, data):
    message = encode(value, max_depth=20)
    cut = data.draw(st.integers(0, len(message) - 1))
    for wrong in (message[:cut], message + b"N"):
        with pytest.raises(DecodeError):
            decode(wrong, max_depth=20)


def test_mutated_messages_raise_only_decode_error_in_bounded_memory():
    assert fuzz(20_000, seed=1) > 100


@pytest.mark.parametrize(
    "message",
    [
        b"L\xff\xff\xff\xff",
        b"U\xff\xff\xff\x7f" + b"N" * 1000,
        b"M\xff\xff\xff\xff" + b"NN" * 1000,
        b"S\xff\xff\xff\xff",
        b"I\xff\xff\xff\xff",
        b"Af\x08\x01\xff\xff\xff\x7f\xf8\xff\xff\xff",
        b"Ab\x01\x02\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
    ],
)
def test_an_announced_size_is_not_believed(message):
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError):
            decode(message)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", "fewer are there"),
        (b"Q", "begins no value"),
        (b"AO\x08\x00\x08\x00\x00\x00" + bytes(8), "no dtype"),
        (b"AV\x08\x00\x08\x00\x00\x00" + bytes(8), "no dtype"),
        (b"Af\x10\x00\x10\x00\x00\x00" + bytes(16), "no dtype"),
        (b"Af\x08\xff", "dimensions"),
        (b"Af\x08\x00\x07\x00\x00\x00" + bytes(7), "7 bytes"),
        (b"Ab\x01\x00\x01\x00\x00\x00\x02", "truth value"),
        (b"M\x02\x00\x00\x00NNNN", "twice"),
        (b"M\x01\x00\x00\x00L\x00\x00\x00\x00N", "no text"),
        (b"L\x01\x00\x00\x00" * 9 + b"N", "deep"),
        (b"S\x01\x00\x00\x00\xff", "UTF-8"),
        (b"I\x00\x00\x00\x00", "integer"),
        (b"I\x01\x02\x00\x00" + bytes(513), "integer"),
    ],
)
def test_what_is_no_value_is_refused_with_a_reason(message, said):
    with pytest.raises(DecodeError, match=said):
        decode(message)


def test_keys_that_could_be_chosen_to_collide_are_refused():
    with pytest.raises(DecodeError, match="key"):
        decode(encode({2**61 - 1: 1}))
    with pytest.raises(NotPlain, match="key"):
        encode({1j: 1})


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.int8(-3), -3),
        (np.bool_(True), True),
        (np.complex64(1j), 1j),
        (Fraction(1, 3), 1 / 3),
        (Fraction(6, 3), 2),
        (Fraction(10**400, 3), math.inf),
        (Decimal("0.25"), 0.25),
        ([Fraction(1, 2), (Decimal(1),)], [0.5, (1.0,)]),
    ],
)
def test_other_numbers_become_plain_ones(value, plain):
    assert same(decode(encode(value)), plain)


def test_arrays_become_plain_ones_of_the_same_numbers():
    columns = np.arange(6.0).reshape(2, 3).T
    assert same(decode(encode(columns)), np.array([[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]))
    assert decode(encode(np.ones(2, ">f4"))).dtype == np.dtype("<f4")
    assert decode(encode(np.ones(2, np.longdouble))).dtype == np.float64
    assert type(decode(encode(np.ma.array([1, 2], mask=[0, 1])))) is np.ndarray
    assert decode(encode(np.zeros(3))).flags.writeable


class List(list):
    def __iter__(self):
        raise AssertionError

    __len__ = __getitem__ = __reduce__ = __eq__ = __iter__
    __hash__ = None


class Float(float):
    def __float__(self):
        raise AssertionError

    __repr__ = hex = __eq__ = __reduce__ = __float__
    __hash__ = None


class Array(np.ndarray):
    def tobytes(self, *_):
        raise AssertionError

    __array__ = __eq__ = __reduce__ = astype = tobytes
    __hash__ = None
    shape = dtype = ndim = None


class Fractional(Fraction):
    numerator = denominator = None

    def __float__(self):
        raise AssertionError


class Whole(int):
    def __int__(self):
        raise AssertionError

    __index__ = bit_length = to_bytes = __int__


def test_nothing_that_a_subclass_overrides_is_called():
    array = np.arange(3.0).view(Array)
    values = [List([1, 2]), Float(2.5), array, Fractional(1, 2), Whole(7)]
    assert same(decode(encode(values)), [[1, 2], 2.5, np.arange(3.0), 0.5, 7])


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"bytes",
        range(3),
        np.array([1, None]),
        np.array([Fraction(1, 2)]),
        np.array("text"),
        np.datetime64("2026-01-01"),
        np.zeros(2, dtype=[("a", float)]),
        (number for number in ()),
        1 << 5000,
        Decimal("sNaN"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_plain_form_is_named(value):
    with pytest.raises(NotPlain, match=r"plain value"):
        encode(value)


def test_depth_is_limited_on_both_sides():
    deep = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert decode(encode(deep)) == deep
    with pytest.raises(NotPlain, match="nested"):
        encode([deep])
    endless = []
    endless.append(endless)
    with pytest.raises(NotPlain, match="nested"):
        encode(endless)
