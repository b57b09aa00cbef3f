"""Values as JSON data for a learner's eyes, cut where they are large, and back from JSON.

Arrays and tuples become nested lists. JSON has no NaN and no infinity: they are the texts "nan",
"inf" and "-inf". Complex numbers, and integers that do not fit into 64 bits, are texts too. What is
cut says so in its place: `"… 40 more"` in a list, a sentence for a whole value.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.judge.answers import Test
from problems.judge.codec import Value

__all__ = ["Json", "cut_text", "from_json", "shown"]

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

# How many items of a list are kept, tried in turn until the value fits.
KEPT = (256, 64, 24, 12, 6, 3)
MAX_INT = 2**63 - 1
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def shown(value: Value, limit: int) -> Json:
    """A value as JSON data of at most about `limit` characters."""
    for kept in KEPT:
        data = _cut(value, kept)
        if len(json.dumps(data)) <= limit:
            return data
    return f"{_described(value)}, too large to be shown"


def cut_text(text: str, limit: int) -> str:
    """A text of at most `limit` characters, and what was cut from it."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def from_json(given: Mapping[str, Any], tests: tuple[Test, ...]) -> dict[str, Value]:
    """A learner's own arguments as values: lists where the tests have arrays become arrays.

    Floats where the tests have floats, so that [1, 2] means [1.0, 2.0]. A list that is no array,
    such as a ragged one, stays a list.
    """
    return {name: _parameter(value, list(_examples(name, tests))) for name, value in given.items()}


def _examples(name: str, tests: tuple[Test, ...]) -> Iterator[Value]:
    for test in tests:
        if name in test.arguments and not test.raises:
            yield test.arguments[name]


def _parameter(value: Any, examples: list[Value]) -> Value:
    arrays = [example for example in examples if isinstance(example, np.ndarray)]
    value = _with_not_finite(value)
    if isinstance(value, list) and arrays:
        # Nothing but numbers, or nothing but truth values, of one shape.
        try:
            array = np.array(value)
        except (ValueError, OverflowError):
            return value
        if array.dtype.kind not in "bif":
            return value
        if array.dtype.kind == "i" and all(one.dtype.kind == "f" for one in arrays):
            array = array.astype(float)
        return array
    numbers = examples and all(isinstance(example, float) for example in examples)
    return float(value) if numbers and type(value) is int and abs(value) < 2**53 else value


def _with_not_finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_not_finite(item) for item in value]
    return NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _cut(value: Value, kept: int) -> Json:
    match value:
        case None | bool():
            return value
        case str():
            return cut_text(value, 20 * kept)
        case int():
            return value if -MAX_INT <= value <= MAX_INT else cut_text(str(value), 20 * kept)
        case float():
            return value if math.isfinite(value) else str(value)
        case complex():
            return str(value)
        case list() | tuple():
            items = [_cut(item, kept) for item in value[:kept]]
            return [*items, *_rest(len(value), kept)]
        case dict():
            pairs = list(value.items())[:kept]
            data = {cut_text(str(key), 100): _cut(item, kept) for key, item in pairs}
            return data | dict.fromkeys(_rest(len(value), kept))
    return _cut_array(value, kept)


def _cut_array(array: NDArray[Any], kept: int) -> Json:
    if not array.ndim:
        return _cut(array.item(), kept)
    items: Any = array[:kept]
    if array.ndim == 1 and array.dtype.kind == "f":
        # As many digits as it has: a float32 has not those of the nearest double.
        items = [float(str(item)) for item in items]
    elif array.ndim == 1:
        items = items.tolist()
    return [*(_cut(item, kept) for item in items), *_rest(len(array), kept)]


def _rest(length: int, kept: int) -> list[str]:
    return [f"… {length - kept:,} more"] if length > kept else []


def _described(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a {type(value).__name__}"
