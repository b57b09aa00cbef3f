"""Is a value the expected one? Decided here, on plain values, by the judge alone.

What JUDGE calls for, and what it means here:
- The structure is that of the expected value. A list and a tuple stand for each other; neither
  stands for an array, nor an array for them. A number stands for an array without dimensions.
- Shapes are equal exactly; a truth value is right only where one is expected; a complex number
  never stands for a real one.
- An expected integer is met exactly. By value: 3.0 is 3, and 3.0000000001 is not.
- A float is met by |got - expected| <= atol + rtol * |expected|, of any precision or an integer.
- NaN and the infinities are right only, and alone right, where the expected value has them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.judge.codec import Value

__all__ = ["Difference", "compare"]

KINDS = {
    "b": ("a truth value", "truth values"),
    "i": ("an integer", "integers"),
    "f": ("a float", "floats"),
    "c": ("a complex number", "complex numbers"),
}
LONGEST_TEXT = 60

Array = NDArray[Any]
Path = tuple[int | str, ...]


@dataclass(frozen=True)
class Difference:
    """Where a value is not the expected one, first in order, and how much it is off.

    `message` is a sentence; it shows both values, so never let it out of a hidden test. `index`
    leads to the first wrong number, through lists, tuples and dicts to a place in an array; it is
    None where structure, shape or kind differ. `largest_error` is the largest |got - expected| of
    finite numbers, None where there are none to compare.
    """

    message: str
    index: Path | None = None
    largest_error: float | None = None
    wrong: int = 1  # how many numbers are wrong
    of: int = 1  # of how many in that array


def compare(expected: Value, got: Value, rtol: float, atol: float) -> Difference | None:
    """None where `got` is right, else the first difference. Never raises."""
    differences = list(_differences(expected, got, rtol, atol, ()))
    if not differences:
        return None
    errors = [one.largest_error for one in differences if one.largest_error is not None]
    return replace(differences[0], largest_error=max(errors, default=None))


def _differences(
    expected: Value, got: Value, rtol: float, atol: float, path: Path
) -> Iterator[Difference]:
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple):
            yield _unlike(expected, got, path)
        elif len(expected) != len(got):
            yield Difference(_at(path, f"{_described(got)} instead of {len(expected)}"))
        else:
            for i, (one, other) in enumerate(zip(expected, got, strict=True)):
                yield from _differences(one, other, rtol, atol, (*path, i))
    elif isinstance(expected, dict):
        if not isinstance(got, dict):
            yield _unlike(expected, got, path)
        elif expected.keys() != got.keys():
            yield Difference(_at(path, _keys(expected, got)))
        else:
            for key in expected:
                yield from _differences(expected[key], got[key], rtol, atol, (*path, key))
    elif expected is None or isinstance(expected, str):
        if type(got) is not type(expected):
            yield _unlike(expected, got, path)
        elif got != expected:
            yield Difference(_at(path, f"{_shown(got)} instead of {_shown(expected)}"), path)
    elif got is None or isinstance(got, str | list | tuple | dict):
        yield _unlike(expected, got, path)
    else:
        yield from _array_differences(_array(expected), _array(got), rtol, atol, path)


def _array(value: object) -> Array:
    """As an array; an integer of more than 64 bits as an object in one."""
    try:
        return np.asarray(value)
    except OverflowError:
        return np.asarray(value, dtype=object)


def _kind(array: Array) -> str:
    """The kind of an array's dtype; objects are integers here."""
    return "i" if array.dtype.kind in "uO" else array.dtype.kind


def _array_differences(
    expected: Array, got: Array, rtol: float, atol: float, path: Path
) -> Iterator[Difference]:
    kind, got_kind = _kind(expected), _kind(got)
    if expected.shape != got.shape:
        yield Difference(_at(path, _shapes(expected.shape, got.shape)))
    elif (kind == "b") != (got_kind == "b") or (got_kind == "c" and kind != "c"):
        said = f"{KINDS[got_kind][0]} instead of {KINDS[kind][0]}"
        if expected.shape:
            said = f"an array of {KINDS[got_kind][1]} instead of {KINDS[kind][1]}"
        yield Difference(_at(path, said))
    else:
        right = _right(expected, got, rtol, atol)
        if not right.all():
            yield _first(expected, got, ~right, path)


def _right(expected: Array, got: Array, rtol: float, atol: float) -> NDArray[np.bool_]:
    """Where got is right, of arrays of one shape whose kinds may meet."""
    kind, got_kind = _kind(expected), _kind(got)
    if kind == "b":
        return np.asarray(expected == got, dtype=bool)
    if kind == "i":
        if got_kind == "f" or "O" in (expected.dtype.kind, got.dtype.kind):
            # Python compares integers and floats of any size exactly; NumPy rounds them first.
            expected, got = expected.astype(object), got.astype(object)
        return np.asarray(expected == got, dtype=bool)
    with np.errstate(all="ignore"):
        if kind == "c":
            want, have = _wide(expected, np.complex128), _wide(got, np.complex128)
            finite = np.isfinite(want)
            parts = _met(want.real, have.real, rtol, atol) & _met(want.imag, have.imag, rtol, atol)
            close = np.abs(have - want) <= atol + rtol * np.abs(want)
            return np.where(finite, np.isfinite(have) & close, parts)
        return _met(_wide(expected, np.float64), _wide(got, np.float64), rtol, atol)


def _met(want: Array, have: Array, rtol: float, atol: float) -> NDArray[np.bool_]:
    finite = np.isfinite(want)
    close = np.isfinite(have) & (np.abs(have - want) <= atol + rtol * np.abs(want))
    alike: NDArray[np.bool_] = (have == want) | (np.isnan(have) & np.isnan(want))
    return np.where(finite, close, alike)


def _wide(array: Array, dtype: type) -> Array:
    try:
        return array.astype(dtype)
    except OverflowError:  # an integer beyond all floats
        return np.full(array.shape, math.inf).astype(dtype)


def _first(expected: Array, got: Array, wrong: NDArray[np.bool_], path: Path) -> Difference:
    """The difference of two arrays of one shape, with where it begins and how large it gets."""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    want, have = expected[index], got[index]
    said = f"{_shown(have)} instead of {_shown(want)}"
    error = None
    if _kind(expected) != "b":
        with np.errstate(all="ignore"):
            errors = np.abs(_wide(got, np.complex128) - _wide(expected, np.complex128))
        finite = errors[np.isfinite(errors)]
        error = float(finite.max()) if finite.size else None
    count = int(wrong.sum())
    if expected.size > 1:
        said += f" ({count} of {expected.size} are wrong"
        said += f", by up to {error:.3g})" if error is not None else ")"
    message = _at(path, said, index)
    return Difference(message, (*path, *index), error, count, expected.size)


def _unlike(expected: Value, got: Value, path: Path) -> Difference:
    """Another structure."""
    said = f"{_described(got)} instead of {_described(expected)}"
    if got is None and not path:
        said += "; is there a return statement"
    elif isinstance(expected, np.ndarray) and isinstance(got, list | tuple):
        said += "; np.array(...) makes an array of it"
    elif isinstance(expected, list | tuple) and isinstance(got, np.ndarray):
        said += "; .tolist() makes a list of it"
    return Difference(_at(path, said))


def _described(value: Value) -> str:
    match value:
        case None:
            return "None"
        case bool():
            return "a truth value"
        case int():
            return "an integer"
        case float():
            return "a float"
        case complex():
            return "a complex number"
        case str():
            return "a text"
        case list() | tuple():
            return f"a {type(value).__name__} of {_count(len(value), 'item')}"
        case dict():
            return f"a dict of {_count(len(value), 'item')}"
        case _:
            return f"an array of shape {value.shape}"


def _shapes(expected: tuple[int, ...], got: tuple[int, ...]) -> str:
    if not expected:
        return f"an array of shape {got} instead of a single number"
    if not got:
        return f"a single number instead of an array of shape {expected}"
    return f"an array of shape {got} instead of {expected}"


def _keys(expected: dict[Any, Value], got: dict[Any, Value]) -> str:
    missing = [_shown(key) for key in expected if key not in got][:5]
    extra = [_shown(key) for key in got if key not in expected][:5]
    said = "a dict"
    if missing:
        said += f" without the {_keyed(missing)}"
    if extra:
        said += f"{' and' if missing else ''} with the {_keyed(extra)}, not expected"
    return said


def _keyed(keys: list[str]) -> str:
    return f"key {keys[0]}" if len(keys) == 1 else f"keys {', '.join(keys)}"


def _shown(value: object) -> str:
    """A number with at most ten digits, a text shortened."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.10g}" if not value.is_integer() else repr(value)
    if isinstance(value, complex):
        return f"{value:.10g}"
    text = repr(value)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _at(path: Path, said: str, index: tuple[int, ...] = ()) -> str:
    """A sentence with the place it is about: a path to an array, then the index in it."""
    where = "".join(f"[{_shown(step)}]" for step in path)
    if index:
        where += f"[{', '.join(map(str, index))}]"
    mark = "?" if said.endswith("is there a return statement") else "."
    return f"At {where}: {said}{mark}" if where else f"The result is {said}{mark}"
