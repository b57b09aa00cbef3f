"""What a submission is judged against: the tests of a problem, and what its known mistakes give.

A set is built once, when the problem is published, from what the package's code does in the
sandbox: `tests()` says what is asked, the reference what is right, every misconception what it
would answer. From then on the set is data, kept as bytes with the version of NumPy that made it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Any

import numpy as np

from problems.document import ProblemDocument
from problems.judge.answers import Answer, Mistake, Pair, Test, is_same_answer
from problems.judge.codec import DecodeError, Value, decode, encode
from problems.judge.outcomes import Call, Kind, Limits, Outcome, Run
from problems.judge.pairs import merged
from problems.judge.sandbox import Sandbox
from problems.judge.testsfile import test_from, wrong_with

__all__ = [
    "Answer",
    "BuildFailed",
    "Mistake",
    "Pair",
    "Test",
    "TestSet",
    "build",
    "described",
    "failure",
    "limits_of",
    "run_on",
]

FORMAT = 1
# Around a value: the set, its mistakes, one of them, its answers, one of those.
DEPTH = 8 + 6
# How large one expected result may be, before it is known.
MAX_RESULT_BYTES = 256 * 1024
MAX_SET_BYTES = 4 * 1024 * 1024
MAX_PAIRS = 15


@dataclass(frozen=True, eq=False)
class TestSet:
    """All tests of a version of a problem, the visible ones first."""

    __test__ = False

    function: str
    parameters: tuple[str, ...]
    tests: tuple[Test, ...]
    mistakes: tuple[Mistake, ...]
    limits: Limits
    rtol: float
    atol: float
    numpy: str = np.__version__
    pairs: tuple[Pair, ...] = ()

    @property
    def visible(self) -> tuple[Test, ...]:
        return tuple(test for test in self.tests if test.visible)

    def to_bytes(self) -> bytes:
        """The set as bytes, without pickle. Raises NotPlain."""
        return encode(
            [
                FORMAT,
                self.function,
                list(self.parameters),
                [
                    [
                        test.name,
                        test.visible,
                        test.covers,
                        dict(test.arguments),
                        test.expected,
                        test.raises,
                        test.exact,
                    ]
                    for test in self.tests
                ],
                [
                    [one.id, one.title, one.topic, one.explanation, _plain(one.answers)]
                    for one in self.mistakes
                ],
                [[pair.first, pair.second, _plain(pair.answers)] for pair in self.pairs],
                [self.limits.time_seconds, self.limits.memory_mb],
                [self.rtol, self.atol],
                self.numpy,
            ],
            DEPTH,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "TestSet":
        """The set that `to_bytes` wrote. Raises ValueError for other bytes."""
        match decode(data, DEPTH):
            case [
                1,
                str(function),
                [*parameters],
                [*tests],
                [*mistakes],
                [*pairs],
                [float(seconds), int(memory)],
                [float(rtol), float(atol)],
                str(numpy),
            ]:
                return cls(
                    function,
                    tuple(str(name) for name in parameters),
                    tuple(Test(*_parts(test)) for test in tests),
                    tuple(Mistake(*_with_answers(one)) for one in mistakes),
                    Limits(seconds, memory),
                    rtol,
                    atol,
                    numpy,
                    tuple(Pair(*_with_answers(one)) for one in pairs),
                )
        raise DecodeError("these bytes are no set of tests, or one of another version")


class BuildFailed(Exception):
    """The package gives no tests; `complaints` says why, a sentence each."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = list(complaints)
        super().__init__(" ".join(self.complaints))


def build(document: ProblemDocument, sandbox: Sandbox) -> TestSet:
    """The tests of a problem with the reference's answers and those of all misconceptions.

    Raises BuildFailed with all that is wrong, and Unavailable where nothing may run.
    """
    yielded, trouble = sandbox.run_tests(document.tests.encode())
    if trouble:
        raise BuildFailed([f"tests.py: {trouble}"])
    if complaints := list(wrong_with(yielded, document)):
        raise BuildFailed(complaints)
    asked = sorted(map(test_from, yielded), key=lambda test: not test.visible)

    limits = limits_of(document)
    calls = [Call(test.arguments, MAX_RESULT_BYTES // 4) for test in asked]
    run = run_on(sandbox, document.reference, calls, document)
    if reason := failure(run, asked):
        raise BuildFailed([f"reference.py {reason}"])
    complaints = []
    tests = []
    for test, outcome in zip(asked, run.outcomes, strict=True):
        complaints += _wrong_answer(test, outcome)
        tests.append(
            Test(
                test.name,
                test.visible,
                test.covers,
                test.arguments,
                None if test.raises else outcome.value,
                test.raises,
                test.exact,
            )
        )
    if complaints:
        raise BuildFailed(complaints)

    mistakes = []
    calls = [test.call for test in tests]
    for known in document.misconceptions:
        run = run_on(sandbox, known.code, calls, document)
        if reason := failure(run, tests):
            complaints.append(f"misconceptions/{known.id}.py {reason}")
            continue
        answers = tuple(map(Answer.of, run.outcomes))
        mistakes.append(Mistake(known.id, known.title, known.topic, known.text, answers))
    if complaints:
        raise BuildFailed(complaints)

    test_set = TestSet(
        document.function.name,
        tuple(parameter.name for parameter in document.function.parameters),
        tuple(tests),
        tuple(mistakes),
        limits,
        document.tolerance.rtol,
        document.tolerance.atol,
    )
    test_set = _with_pairs(test_set, document, sandbox)
    if (size := len(test_set.to_bytes())) > MAX_SET_BYTES:
        raise BuildFailed(
            [f"The tests with all answers take {size:,} bytes; {MAX_SET_BYTES:,} are allowed."]
        )
    return test_set


def limits_of(document: ProblemDocument) -> Limits:
    return Limits(document.limits.time_seconds, document.limits.memory_mb)


def run_on(sandbox: Sandbox, source: str, calls: Sequence[Call], document: ProblemDocument) -> Run:
    """A solution of the package on these calls, as a learner's would be run."""
    parameters = [parameter.name for parameter in document.function.parameters]
    name = document.function.name
    return sandbox.run(source.encode(), name, calls, limits_of(document), parameters)


def failure(run: Run, tests: Sequence[Test]) -> str:
    """Why a run did not get through all its calls, as what follows the name of a file."""
    if run.fault:
        return f"could not be run: {run.fault}"
    if run.invalid:
        return f"cannot be run: {run.invalid.message}"
    if run.loading:
        return f"cannot be executed: {described(run.loading)}"
    for test, outcome in zip(tests, run.outcomes, strict=True):
        if outcome.kind not in (Kind.VALUE, Kind.EXCEPTION):
            return f"does not get through the test “{test.name}”: {described(outcome)}"
    return ""


def described(outcome: Outcome) -> str:
    """How a call ended that returned nothing, as a sentence."""
    if raised := outcome.raised:
        where = f" (line {raised.line})" if raised.line else ""
        said = f"{raised.name}: {raised.message}" if raised.message else raised.name
        return f"{said.rstrip('.')}{where}."
    return outcome.message


def _wrong_answer(test: Test, outcome: Outcome) -> Iterator[str]:
    """What the reference must not do."""
    where = f"On the test “{test.name}” reference.py"
    if test.raises:
        if outcome.kind is Kind.VALUE:
            yield f"{where} returns a value where the test asks for a {test.raises}."
        elif outcome.raised and not outcome.raised.is_a(test.raises):
            yield f"{where} raises no {test.raises} but {described(outcome)}"
    elif outcome.kind is Kind.EXCEPTION:
        yield f"{where} raises {described(outcome)}"
    elif outcome.value is None:
        yield f"{where} returns None."
    for name in outcome.changed_arguments:
        yield f"{where} changes its input `{name}`."


def _with_pairs(test_set: TestSet, document: ProblemDocument, sandbox: Sandbox) -> TestSet:
    """The set with the answers of two misconceptions at once, where those are answers of their own.

    A pair that answers like the reference, like one misconception alone or like another pair says
    nothing, so it is left out.
    """
    calls = [test.call for test in test_set.tests]
    pairs: list[Pair] = []
    for first, second, source in islice(_merges(document), MAX_PAIRS):
        run = run_on(sandbox, source, calls, document)
        if not failure(run, test_set.tests):
            pairs.append(Pair(first, second, tuple(map(Answer.of, run.outcomes))))
    right = tuple(Answer(test.expected, test.raises, (test.raises,)) for test in test_set.tests)
    alone = [right, *(mistake.answers for mistake in test_set.mistakes)]
    own = []
    for pair in pairs:
        others = [*alone, *(other.answers for other in pairs if other is not pair)]
        if not any(_is_alike(pair.answers, answers, test_set) for answers in others):
            own.append(pair)
    return replace(test_set, pairs=tuple(own))


def _merges(document: ProblemDocument) -> Iterator[tuple[int, int, str]]:
    """Two indices of misconceptions, and the reference with both changes, where it can be had."""
    for (i, one), (j, other) in combinations(enumerate(document.misconceptions), 2):
        if source := merged(document.reference, one.code, other.code):
            yield i, j, source


def _is_alike(one: tuple[Answer, ...], other: tuple[Answer, ...], test_set: TestSet) -> bool:
    return all(
        is_same_answer(a, b, test, test_set.rtol, test_set.atol)
        for a, b, test in zip(one, other, test_set.tests, strict=True)
    )


def _plain(answers: tuple[Answer, ...]) -> list[Value]:
    return [[one.value, one.raised, list(one.bases), list(one.changed)] for one in answers]


def _parts(value: Any) -> list[Any]:
    return list(value)


def _with_answers(value: Any) -> list[Any]:
    *parts, answers = value
    answers = tuple(
        Answer(value, raised, tuple(bases), tuple(changed))
        for value, raised, bases, changed in answers
    )
    return [*parts, answers]
