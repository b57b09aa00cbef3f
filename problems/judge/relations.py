"""What relates all wrong results of a submission to the right ones, where no mistake is known.

Each relation is an observation: its sentence is true of what was computed. It is looked for only
where every failing test of valid input bears it out, and only with so much evidence that it cannot
be chance: several failing tests, whose results differ, and no test that asks for an error among
them.

A relation may rest on hidden tests, but a number in its sentence never does: it comes from visible
tests, which ran before the process had seen a hidden one. Else a submission could have a hidden
input told to it as a factor.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.judge.answers import Answer, Test
from problems.judge.codec import Value
from problems.judge.compare import compare
from problems.judge.testset import TestSet

__all__ = ["Relation", "relation"]

Array = NDArray[Any]

# Beyond this the exponentials of everyday formulas leave the range of their sums.
LARGE = 100.0
FEWEST_FAILING = 2
# So many different numbers cannot all be the same multiple by chance.
FEWEST_NUMBERS = 4
# For "right only where": as many tests on either side.
FEWEST_RIGHT, FEWEST_WRONG = 2, 3


@dataclass(frozen=True)
class Relation:
    title: str
    explanation: str


@dataclass(frozen=True)
class Failing:
    """A failing test of valid input: the wrong parts of its result beside the right ones."""

    test: Test
    parts: tuple[tuple[Array, Array], ...]


def relation(
    test_set: TestSet, answers: Sequence[Answer], passed: Sequence[bool]
) -> Relation | None:
    """The first relation that holds, the most telling first; None where there is none."""
    results = list(zip(test_set.tests, answers, passed, strict=True))
    if any(test.raises and not right for test, _, right in results):
        return None
    if any(answer.changed for _, answer, _ in results):
        return None
    wrong = [(test, answer) for test, answer, right in results if not right]
    right = [test for test, _, is_right in results if is_right and not test.raises]
    failing = list(_failing(wrong, test_set))
    if len(failing) == len(wrong):
        # What was returned may be of any size.
        with np.errstate(all="ignore"):
            found = (
                _transposed(failing, test_set)
                or _factor(failing, test_set)
                or _other_axis(failing)
                or _not_finite(failing, right)
            )
        if found:
            return found
    return _right_only(right, [test for test, _ in wrong])


def _failing(wrong: Sequence[tuple[Test, Answer]], test_set: TestSet) -> Iterator[Failing]:
    """The failing tests whose result is made of arrays and numbers as the right one is."""
    for test, answer in wrong:
        if answer.raised:
            continue
        bad = [
            (want, got)
            for want, got in _parts(test.expected, answer.value)
            if compare(want, got, test_set.rtol, test_set.atol)
        ]
        # A list where an array is asked for may be ragged: it has no numbers to relate.
        if bad and all(isinstance(one, np.ndarray | int | float) for pair in bad for one in pair):
            parts = tuple((np.asarray(want), np.asarray(got)) for want, got in bad)
            if all(_is_numeric(one) and _is_numeric(other) for one, other in parts):
                yield Failing(test, parts)


def _parts(expected: Value, got: Value) -> Iterator[tuple[Value, Value]]:
    """Arrays and numbers in pairs, through lists and tuples of the same length."""
    if isinstance(expected, list | tuple):
        if isinstance(got, list | tuple) and len(got) == len(expected):
            for one, other in zip(expected, got, strict=True):
                yield from _parts(one, other)
        else:
            # Of no use: texts are no numbers.
            yield "", None
    else:
        yield expected, got


def _is_numeric(array: Array) -> bool:
    return array.dtype.kind in "iuf"


def _transposed(failing: Sequence[Failing], test_set: TestSet) -> Relation | None:
    seen = set()
    for one in failing:
        for want, got in one.parts:
            if want.ndim != 2 or got.shape != want.T.shape:
                return None
            if compare(want.T, got, test_set.rtol, test_set.atol):
                return None
            if min(want.shape) > 1:
                seen.add(_key(want))
    if len(failing) < FEWEST_FAILING or len(seen) < FEWEST_FAILING:
        return None
    return Relation(
        "Transposed",
        "Wherever your result is wrong, it is the transpose of the right one: what should stand in"
        " row i and column j stands in row j and column i. Say in words what one row means, and"
        " follow the order of the axes through each step.",
    )


def _factor(failing: Sequence[Failing], test_set: TestSet) -> Relation | None:
    factor = None
    for one in failing:
        for want, got in one.parts:
            if want.shape != got.shape or not np.isfinite(want).all() or not want.any():
                return None
            place = np.unravel_index(np.argmax(np.abs(want)), want.shape)
            if factor is None:
                factor = float(got[place]) / float(want[place])
            if not np.isfinite(factor) or min(abs(factor), abs(factor - 1.0)) < 1e-3:
                return None
            scaled = want.astype(float) * factor
            if compare(scaled, got.astype(float), test_set.rtol, test_set.atol * abs(factor)):
                return None
    if factor is None or len(failing) < FEWEST_FAILING or not _is_varied(failing):
        return None
    said = "a constant factor"
    if failing[0].test.visible:
        said = f"the factor {factor:.4g}"
    return Relation(
        "Off by a constant factor",
        f"Wherever your result is wrong, it is the right one times {said}. Something is divided or"
        " multiplied once too often or not at all: compare the constants of your formula.",
    )


def _is_varied(failing: Sequence[Failing]) -> bool:
    """Are there enough different numbers among the right ones, in results that differ?"""
    numbers = {
        f"{abs(number):.4g}"
        for one in failing
        for want, _ in one.parts
        for number in want.ravel().tolist()
        if number
    }
    results = {_key(want) for one in failing for want, _ in one.parts}
    return len(numbers) >= FEWEST_NUMBERS and len(results) >= FEWEST_FAILING


def _other_axis(failing: Sequence[Failing]) -> Relation | None:
    seen = set()
    for one in failing:
        for want, got in one.parts:
            if want.shape != got.shape or want.ndim < 2 or not (_is_share(want) and _is_share(got)):
                return None
            right, have = _axes_of_one(want), _axes_of_one(got)
            if len(right) != 1 or not have or right & have:
                return None
            if min(want.shape[axis] for axis in right | have) > 1:
                seen.add(_key(want))
    if len(seen) < FEWEST_FAILING:
        return None
    return Relation(
        "Sums to 1 along the other axis",
        "Wherever your result is wrong, its entries sum to 1 along another axis than they should:"
        " you normalise in the wrong direction. Say in words what one distribution is over, and"
        " sum along that axis.",
    )


def _is_share(array: Array) -> bool:
    return bool(np.isfinite(array).all() and (array >= 0).all() and (array <= 1 + 1e-6).all())


def _axes_of_one(array: Array) -> set[int]:
    """The axes along which all sums are 1."""
    return {axis for axis in range(array.ndim) if np.allclose(array.sum(axis=axis), 1.0, atol=1e-4)}


def _not_finite(failing: Sequence[Failing], right: Sequence[Test]) -> Relation | None:
    for one in failing:
        for want, got in one.parts:
            if want.shape != got.shape or not np.isfinite(want).all():
                return None
            if got.dtype.kind != "f" or np.isfinite(got).all():
                return None
    sizes = [_largest(one.test) for one in failing]
    if len(sizes) < FEWEST_FAILING or len(right) < FEWEST_FAILING or min(sizes) < LARGE:
        return None
    if any(_largest(test) >= min(sizes) for test in right):
        return None
    return Relation(
        "Not finite for large inputs",
        "Your result is right until the inputs are large; then it is infinite or no number at all."
        " A step on the way, such as an exponential, grows beyond what a float can hold or vanishes"
        " to 0, although the result itself is moderate. Rewrite that step so that it cannot.",
    )


def _largest(test: Test) -> float:
    """The largest finite number of the arguments, without its sign."""
    largest = 0.0
    for value in test.arguments.values():
        if isinstance(value, np.ndarray | int | float) and not isinstance(value, bool):
            array = np.asarray(value)
            if _is_numeric(array):
                numbers = np.abs(array.astype(float))
                largest = max(
                    largest, float(np.max(numbers, where=np.isfinite(numbers), initial=0))
                )
    return largest


def _right_only(right: Sequence[Test], wrong: Sequence[Test]) -> Relation | None:
    """The one property of the arguments that tells right from wrong, if there is exactly one."""
    if len(right) < FEWEST_RIGHT or len(wrong) < FEWEST_WRONG:
        return None
    tests = [*right, *wrong]
    names = {name for test in tests for name in test.arguments}
    properties: list[tuple[str, Callable[[Test], bool]]] = [
        ("square arrays", _is_square),
        ("symmetric arrays", _is_symmetric),
        ("arrays of one and the same shape", _are_alike),
    ]
    properties += [
        (f"`{name}` = 1", _is_one(name)) for name in sorted(names) if _counts(name, tests)
    ]
    found = [
        said
        for said, has_it in properties
        if all(map(has_it, right)) and not any(map(has_it, wrong))
    ]
    if len(found) != 1:
        return None
    return Relation(
        "Right only in a special case",
        f"Your result is right for {found[0]}, and for nothing else. There two things coincide that"
        " are different in general: find the step that takes one for the other.",
    )


def _arrays(test: Test) -> list[Array]:
    values = test.arguments.values()
    return [value for value in values if isinstance(value, np.ndarray) and value.ndim >= 2]


def _is_square(test: Test) -> bool:
    arrays = _arrays(test)
    return bool(arrays) and all(one.shape[-1] == one.shape[-2] for one in arrays)


def _is_symmetric(test: Test) -> bool:
    return _is_square(test) and all(
        np.array_equal(one, one.swapaxes(-1, -2)) for one in _arrays(test)
    )


def _are_alike(test: Test) -> bool:
    arrays = _arrays(test)
    return len(arrays) > 1 and len({one.shape for one in arrays}) == 1


def _counts(name: str, tests: Sequence[Test]) -> bool:
    """Is the argument a number of things: an integer from 1 in every test?"""
    values = [test.arguments.get(name) for test in tests]
    return all(type(value) is int and value >= 1 for value in values)


def _is_one(name: str) -> Callable[[Test], bool]:
    def is_one(test: Test) -> bool:
        return test.arguments[name] == 1

    return is_one


def _key(array: Array) -> bytes:
    return repr(array.shape).encode() + np.round(array.astype(float), 6).tobytes()
