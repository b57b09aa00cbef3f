"""What is asked of a solution, and what a function comes to, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from problems.judge.codec import Value, encode
from problems.judge.compare import compare
from problems.judge.outcomes import Call, Kind, Outcome

__all__ = ["Answer", "Mistake", "Pair", "Test", "is_same_answer"]


@dataclass(frozen=True, eq=False)
class Test:
    """One call and what it must come to: a value, or an error where `raises` names its class.

    `covers` is a key of the package's EDGE_CASES. `exact` marks arguments that lie on a boundary
    by intent.
    """

    # pytest would take it for a class of tests.
    __test__ = False

    name: str
    visible: bool
    covers: str
    arguments: Mapping[str, Value]
    expected: Value = None
    raises: str = ""
    exact: bool = False

    @cached_property
    def call(self) -> Call:
        return Call(self.arguments, 0 if self.raises else len(encode(self.expected)))


@dataclass(frozen=True, eq=False)
class Answer:
    """What a function came to in one call: a value, or the name of the error that it raised.

    `bases` are the names of the error's class and of all its bases; `changed` those of the
    arguments that were not left as they were.
    """

    value: Value = None
    raised: str = ""
    bases: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @classmethod
    def of(cls, outcome: Outcome) -> "Answer":
        """Of a call that returned or raised."""
        if outcome.kind is Kind.VALUE:
            return cls(outcome.value, changed=outcome.changed_arguments)
        assert outcome.raised is not None
        return cls(raised=outcome.raised.name, bases=outcome.raised.bases)


@dataclass(frozen=True, eq=False)
class Mistake:
    """A misconception and its answers, one a test."""

    id: str
    title: str
    topic: str
    explanation: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two misconceptions made at once, by the indices of their mistakes, and the answers then."""

    first: int
    second: int
    answers: tuple[Answer, ...]


def is_same_answer(wanted: Answer, got: Answer, test: Test, rtol: float, atol: float) -> bool:
    """Are two functions alike on a test?

    Values are compared as a verdict does it. Two errors are alike by the name of their class, and
    where one is asked for also when both are of its kind. What is done to the arguments counts too.
    """
    if wanted.raised or got.raised:
        if test.raises and test.raises in wanted.bases and test.raises in got.bases:
            return True
        return wanted.raised == got.raised
    if wanted.changed != got.changed:
        return False
    return compare(wanted.value, got.value, rtol, atol) is None
