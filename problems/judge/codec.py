"""Plain values as bytes and back. What comes from a learner's process is read only here.

One byte says what follows: N, T, F (none, true, false); I (an integer: its length, two's
complement); D (a float), C (a complex: two floats); S (a text: its length, UTF-8); L, U (a list, a
tuple: how many, the values); M (a dict: how many, keys and values in turn); A (an array: kind, item
size, number of dimensions, the shape, the number of bytes, the bytes in C order). All numbers are
little-endian. There is no pickle in it, no name of a class and no reference.
"""

import math
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_DEPTH", "DecodeError", "NotPlain", "Value", "decode", "encode"]

Value: TypeAlias = (
    bool
    | int
    | float
    | complex
    | str
    | list["Value"]
    | tuple["Value", ...]
    | dict[Any, "Value"]
    | NDArray[Any]
    | None
)

MAX_DEPTH = 8
MAX_DIMENSIONS = 16
MAX_SIDE = 2**31 - 1
MAX_INT_BYTES = 512
# More, and reading them would take the judge longer than a second.
MAX_VALUES = 500_000
# The hash of an integer below this is the integer itself. Larger ones could be chosen to collide.
MAX_KEY = 2**60
# What an array may hold: the kinds of NumPy's dtypes with their sizes in bytes.
ITEM_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}
NUMBERS = "numbers, texts, lists, tuples, dicts and arrays of numbers"
KEYS = (b"N", b"T", b"F", b"I", b"D", b"S")

COUNT = struct.Struct("<I")
FLOAT = struct.Struct("<d")
COMPLEX = struct.Struct("<dd")
ARRAY = struct.Struct("<cBB")


class DecodeError(ValueError):
    """These bytes are not a value; the text says where that shows."""


class NotPlain(TypeError):
    """A value that has no form in bytes; the text names it and what would do."""


def encode(value: object, max_depth: int = MAX_DEPTH) -> bytes:
    """A value as bytes. Raises NotPlain.

    Subclasses of ndarray, float, list and their like are written as the plain value that they
    hold: nothing that they override is called. NumPy's scalars become Python's, a Fraction or a
    Decimal the nearest float (an integer where a Fraction is one). The bytes of an array are its
    exact bytes; extended precision becomes double.
    """
    parts: list[bytes] = []
    _write(value, parts, max_depth)
    return b"".join(parts)


def decode(data: bytes, max_depth: int = MAX_DEPTH) -> Value:
    """The value of bytes that `encode` wrote. Raises DecodeError for any others, and nothing else.

    Takes memory in proportion to the data: a size is believed only when its bytes are there.
    """
    reader = _Reader(data)
    value = reader.value(max_depth)
    if reader.offset != len(data):
        raise DecodeError(f"{len(data) - reader.offset} bytes are left over")
    return value


def _write(value: Any, parts: list[bytes], depth: int) -> None:
    kind = type(value)
    if value is None:
        parts.append(b"N")
    elif kind is bool:
        parts.append(b"T" if value else b"F")
    elif issubclass(kind, np.ndarray):
        _write_array(np.ndarray.view(value, np.ndarray), parts)
    elif issubclass(kind, np.generic):
        _write_scalar(value, parts, depth)
    elif issubclass(kind, int):
        number = int.__int__(value)
        length = number.bit_length() // 8 + 1
        if length > MAX_INT_BYTES:
            raise NotPlain(f"An integer of more than {MAX_INT_BYTES} bytes is not a plain value.")
        parts += [b"I", COUNT.pack(length), number.to_bytes(length, "little", signed=True)]
    elif issubclass(kind, float):
        parts += [b"D", FLOAT.pack(float.__float__(value))]
    elif issubclass(kind, complex):
        z = complex.__complex__(value)
        parts += [b"C", COMPLEX.pack(z.real, z.imag)]
    elif issubclass(kind, str):
        # A lone surrogate has no form in UTF-8.
        text = str.__str__(value).encode("utf-8", "replace")
        parts += [b"S", COUNT.pack(len(text)), text]
    elif issubclass(kind, Fraction):
        _write(_from_fraction(value), parts, depth)
    elif issubclass(kind, Decimal):
        _write(_from_decimal(value), parts, depth)
    elif issubclass(kind, (list, tuple, dict)):
        if depth == 0:
            raise NotPlain(f"The value is nested more than {MAX_DEPTH} deep.")
        _write_container(value, parts, depth - 1)
    else:
        raise NotPlain(f"{_a(kind)} is not a plain value: {NUMBERS} are.")


def _write_container(value: Any, parts: list[bytes], depth: int) -> None:
    if issubclass(type(value), dict):
        items: list[tuple[Any, Any]] = list(dict.items(value))
        parts += [b"M", COUNT.pack(len(items))]
        for key, item in items:
            if not issubclass(type(key), (type(None), int, float, str, np.integer)):
                raise NotPlain(
                    f"A key of a dict must be a number or a text. {_a(type(key))} is not."
                )
            _write(key, parts, depth)
            _write(item, parts, depth)
    else:
        is_list = issubclass(type(value), list)
        values: list[Any] = list((list.__iter__ if is_list else tuple.__iter__)(value))
        parts += [b"L" if is_list else b"U", COUNT.pack(len(values))]
        for item in values:
            _write(item, parts, depth)


def _write_scalar(value: Any, parts: list[bytes], depth: int) -> None:
    dtype = np.generic.dtype.__get__(value)
    if dtype.kind not in ITEM_SIZES:
        raise NotPlain(f"A value of dtype {dtype} is not a plain value: {NUMBERS} are.")
    wide = {"f": np.float64, "c": np.complex128}.get(dtype.kind)
    number = np.generic.astype(value, wide) if wide else value
    _write(np.generic.item(number), parts, depth)


def _write_array(array: NDArray[Any], parts: list[bytes]) -> None:
    dtype = array.dtype
    if dtype.kind not in ITEM_SIZES:
        raise NotPlain(
            f"An array of dtype {dtype} is not a plain value: its dtype must be bool, int, float or"
            " complex. np.array(..., dtype=float) makes it one of floats."
        )
    if array.ndim > MAX_DIMENSIONS:
        raise NotPlain(
            f"An array of {array.ndim} dimensions; at most {MAX_DIMENSIONS} are allowed."
        )
    if dtype.itemsize not in ITEM_SIZES[dtype.kind]:
        array = array.astype(np.float64 if dtype.kind == "f" else np.complex128)
    elif not dtype.isnative:
        array = array.astype(dtype.newbyteorder("="))
    data = array.tobytes()
    parts += [
        b"A",
        ARRAY.pack(dtype.kind.encode(), array.dtype.itemsize, array.ndim),
        struct.pack(f"<{array.ndim}I", *array.shape),
        COUNT.pack(len(data)),
        data,
    ]


def _from_fraction(value: Any) -> int | float:
    # The slots, since the properties may be overridden.
    slots: Any = Fraction
    numerator: int = slots._numerator.__get__(value)
    denominator: int = slots._denominator.__get__(value)
    if denominator == 1:
        return numerator
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf


def _from_decimal(value: Any) -> float:
    try:
        return Decimal.__float__(value)
    except ValueError:
        raise NotPlain("A signalling NaN is not a plain value.") from None


def _a(kind: type) -> str:
    """The name of a class with its article, as its bytes say and not its metaclass."""
    name = type.__dict__["__name__"].__get__(kind)
    return f"{'An' if name[:1].lower() in 'aeiou' else 'A'} {name}"


class _Reader:
    """Walks over bytes; each step checks that what it takes is there."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0
        self.values = 0

    def take(self, length: int) -> bytes:
        end = self.offset + length
        if end > len(self.data):
            raise DecodeError(f"{length} bytes are announced at {self.offset}, fewer are there")
        taken = self.data[self.offset : end]
        self.offset = end
        return taken

    def count(self) -> int:
        number: int = COUNT.unpack(self.take(4))[0]
        return number

    def items(self, bytes_each: int) -> int:
        """A number of items, each of which takes so many bytes at least."""
        number = self.count()
        self.values += number
        if self.values > MAX_VALUES:
            raise DecodeError(f"more than {MAX_VALUES:,} values")
        if number * bytes_each > len(self.data) - self.offset:
            raise DecodeError(f"{number} items are announced at {self.offset}, fewer are there")
        return number

    def value(self, depth: int) -> Value:
        tag = self.take(1)
        if tag in b"LUM" and depth == 0:
            raise DecodeError("nested too deeply")
        match tag:
            case b"N":
                return None
            case b"T":
                return True
            case b"F":
                return False
            case b"I":
                return self.integer()
            case b"D":
                return float(FLOAT.unpack(self.take(8))[0])
            case b"C":
                return complex(*COMPLEX.unpack(self.take(16)))
            case b"S":
                return self.text()
            case b"L":
                return [self.value(depth - 1) for _ in range(self.items(1))]
            case b"U":
                return tuple([self.value(depth - 1) for _ in range(self.items(1))])
            case b"M":
                return self.mapping(depth - 1)
            case b"A":
                return self.array()
        raise DecodeError(f"{tag!r} at {self.offset - 1} begins no value")

    def integer(self) -> int:
        length = self.count()
        if not 0 < length <= MAX_INT_BYTES:
            raise DecodeError(f"an integer of {length} bytes")
        return int.from_bytes(self.take(length), "little", signed=True)

    def text(self) -> str:
        data = self.take(self.count())
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise DecodeError("a text is not UTF-8") from None

    def mapping(self, depth: int) -> dict[Any, Value]:
        values: dict[Any, Value] = {}
        for _ in range(self.items(2)):
            if self.data[self.offset : self.offset + 1] not in KEYS:
                raise DecodeError("a key of a dict is no number and no text")
            key = self.value(0)
            if isinstance(key, int) and abs(key) >= MAX_KEY:
                raise DecodeError("a key of a dict is too large")
            if key in values:
                raise DecodeError("a key of a dict comes twice")
            values[key] = self.value(depth)
        return values

    def array(self) -> NDArray[Any]:
        letter, item_size, dimensions = ARRAY.unpack(self.take(ARRAY.size))
        kind = letter.decode("latin-1")
        if item_size not in ITEM_SIZES.get(kind, ()):
            raise DecodeError(f"there is no dtype {kind}{item_size}")
        if dimensions > MAX_DIMENSIONS:
            raise DecodeError(f"an array of {dimensions} dimensions")
        shape = struct.unpack(f"<{dimensions}I", self.take(4 * dimensions))
        size = self.count()
        # NumPy refuses shapes whose sides, zeros aside, multiply to more than an address can hold.
        extent = math.prod(side for side in shape if side) * item_size
        if max(shape, default=0) > MAX_SIDE or extent > 2**62:
            raise DecodeError(f"an array of shape {shape}")
        if math.prod(shape) * item_size != size:
            raise DecodeError(f"{size} bytes for an array of shape {shape}")
        data = self.take(size)
        if kind == "b" and data.translate(None, b"\x00\x01"):
            raise DecodeError("a truth value is neither 0 nor 1")
        return np.frombuffer(data, f"<{kind}{item_size}").reshape(shape).copy()
