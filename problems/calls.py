"""A learner's own call of a problem's function: what may be sent for it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from compute.errors import Problem as Wrong
from problems.document import required_parameters
from problems.judge.codec import MAX_DEPTH
from rest.pointers import pointer

MOST_NAMED = 10


def wrong_with(arguments: object, function: Mapping[str, Any]) -> list[Wrong]:
    """What keeps a JSON value from being the arguments of a function; pointers are into it."""
    if not isinstance(arguments, dict):
        return [Wrong("", "invalid", "Send an object with a value for each parameter.")]
    names = [parameter["name"] for parameter in function["parameters"]]
    known = f"the parameters are {', '.join(names)}"
    found = [
        Wrong(pointer(name), "unknown", f"{function['name']} takes nothing of this name; {known}.")
        for name in list(arguments)
        if name not in names
    ]
    found += [
        Wrong(pointer(name), "missing", f"A value is missing; {known}.")
        for name in required_parameters(function["signature"])
        if name not in arguments
    ]
    for name, value in arguments.items():
        found += list(_unfit(value, (name,)))[:1]
    return found[:MOST_NAMED]


def _unfit(value: object, place: tuple[str | int, ...]) -> Iterator[Wrong]:
    if isinstance(value, dict | list) and len(place) > MAX_DEPTH:
        yield Wrong(pointer(*place), "too-deep", f"Nothing is nested more than {MAX_DEPTH} deep.")
    elif isinstance(value, dict):
        for key, item in value.items():
            if "\0" in key:
                yield Wrong(pointer(*place), "invalid", "A NUL character is not allowed.")
            yield from _unfit(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unfit(item, (*place, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Wrong(pointer(*place), "invalid", "The number is larger than a float can be.")
    elif isinstance(value, str) and "\0" in value:
        yield Wrong(pointer(*place), "invalid", "A NUL character is not allowed.")
