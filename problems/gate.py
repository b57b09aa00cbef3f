"""The publish gate: what a problem must stand before a learner may be judged by it.

Everything of the package runs in the sandbox. The kill matrix says which test catches which
misconception.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from problems.document import ProblemDocument
from problems.gate_texts import covered, examples, hints, teaser, unwritten, values
from problems.judge.answers import Answer, Test, is_same_answer
from problems.judge.codec import Value, encode
from problems.judge.compare import compare
from problems.judge.outcomes import Call
from problems.judge.sandbox import Sandbox
from problems.judge.testset import (
    BuildFailed,
    TestSet,
    build,
    failure,
    run_on,
)
from problems.judge.verdict import ACCEPTED, WRONG_ANSWER, Mark, judge, marks

__all__ = ["Column", "Report", "Row", "check"]

SHARE_OF_TIME = 0.2
# Runs of the reference in processes of their own, each with another seed of Python's hashes.
MORE_SEEDS = 2
MARGIN = 10.0
PERTURBATION = 1e-12


@dataclass(frozen=True)
class Column:
    """A test."""

    name: str
    visible: bool
    covers: str


@dataclass(frozen=True)
class Row:
    """A misconception, and for each column whether that test catches it."""

    id: str
    title: str
    caught: tuple[bool, ...]


@dataclass(frozen=True)
class Report:
    """`complaints` is empty where the problem may be published; `test_set` is then what it is
    judged by. `seconds` is the time of the reference on all tests, the slowest of its runs."""

    complaints: list[str]
    columns: tuple[Column, ...] = ()
    matrix: tuple[Row, ...] = ()
    seconds: float = 0.0
    test_set: TestSet | None = None

    def as_text(self) -> str:
        """The kill matrix: a line a misconception, a column a test, × where it is caught."""
        if not self.columns:
            return ""
        width = max([len(row.id) for row in self.matrix], default=0)
        numbers = [str(number) for number in range(1, len(self.columns) + 1)]
        lines = [" ".join([" " * width, *(number.rjust(2) for number in numbers)])]
        for row in self.matrix:
            cells = [" ×" if caught else " ·" for caught in row.caught]
            lines.append(" ".join([row.id.ljust(width), *cells]))
        lines.append("")
        for number, column in zip(numbers, self.columns, strict=True):
            seen = "visible" if column.visible else "hidden "
            lines.append(f"{number.rjust(4)}  {seen}  {column.name} ({column.covers})")
        return "\n".join(lines)


def check(document: ProblemDocument, sandbox: Sandbox) -> Report:
    """Everything that keeps a problem from being published, and the kill matrix.

    Takes about two seconds. Raises Unavailable where nothing can be run safely.
    """
    complaints = [*unwritten(document), *teaser(document)]
    try:
        test_set = build(document, sandbox)
    except BuildFailed as exc:
        return Report([*complaints, *exc.complaints])
    seconds, more = _repeated(document, test_set, sandbox)
    complaints += more
    complaints += _other_solutions(document, test_set, sandbox)
    complaints += _caught(test_set)
    complaints += _told_apart(test_set)
    complaints += covered(document, test_set)
    complaints += values(document, test_set)
    complaints += _perturbed(document, test_set, sandbox)
    complaints += examples(document, sandbox)
    complaints += hints(document)
    return Report(
        complaints,
        tuple(Column(test.name, test.visible, test.covers) for test in test_set.tests),
        tuple(
            Row(mistake.id, mistake.title, _caught_by(mistake.answers, test_set))
            for mistake in test_set.mistakes
        ),
        seconds,
        test_set,
    )


def _repeated(
    document: ProblemDocument, test_set: TestSet, sandbox: Sandbox
) -> tuple[float, list[str]]:
    """Does everything come out the same in other processes, and fast enough? And how fast."""
    complaints: list[str] = []
    calls = [test.call for test in test_set.tests]
    first, _ = sandbox.run_tests(document.tests.encode())
    seconds = run_on(sandbox, document.reference, calls, document).cpu_seconds
    for _ in range(MORE_SEEDS):
        # A new interpreter draws a new seed for its hashes.
        with type(sandbox)() as other:
            again, _ = other.run_tests(document.tests.encode())
            run = run_on(other, document.reference, calls, document)
        if not complaints and not _is_same(first, again):
            complaints.append(
                "tests.py: tests() yields other tests in another process; seed each generator with"
                " a number, and let nothing depend on the order of a set."
            )
        seconds = max(seconds, run.cpu_seconds)
        if reason := failure(run, test_set.tests):
            complaints.append(f"In another process reference.py {reason}")
            continue
        for test, mark in zip(test_set.tests, marks(run, test_set.tests, test_set), strict=True):
            if mark.verdict != ACCEPTED:
                complaints.append(
                    f"On the test “{test.name}” reference.py gives another result in another"
                    f" process: {mark.message}"
                )
    allowed = SHARE_OF_TIME * test_set.limits.time_seconds
    if seconds >= allowed:
        complaints.append(
            f"reference.py takes {seconds:.2f} s for all tests; it must take less than"
            f" {allowed:g} s, a fifth of the time limit."
        )
    return seconds, list(dict.fromkeys(complaints))


def _is_same(one: Sequence[Value], other: Sequence[Value]) -> bool:
    depth = 16
    return encode(list(one), depth) == encode(list(other), depth)


def _other_solutions(
    document: ProblemDocument, test_set: TestSet, sandbox: Sandbox
) -> Iterator[str]:
    """The second solution passes; the starter code runs, fails and is not explained."""
    mark, where = _first_failure(document.alternative, document, test_set, sandbox)
    if mark.verdict != ACCEPTED:
        yield f"alternative.py is not accepted. {where}"
    if _is_alike(document.alternative, document.reference):
        yield "alternative.py is the reference once more; it must be written in another style."

    mark, where = _first_failure(document.starter_code, document, test_set, sandbox)
    if mark.verdict == ACCEPTED:
        yield "starter.py is accepted, so there is nothing to solve."
    elif mark.verdict != WRONG_ANSWER:
        yield f"starter.py must run and return something, even if it is wrong. {where}"
    starter = judge(sandbox, test_set, document.starter_code)
    if starter.diagnosis:
        yield f"starter.py is explained as “{starter.diagnosis['title']}”; return something else."
    if starter.ambiguous:
        yield f"starter.py answers like {', '.join(starter.ambiguous)}; return something else."


def _first_failure(
    source: str, document: ProblemDocument, test_set: TestSet, sandbox: Sandbox
) -> tuple[Mark, str]:
    """The first mark that is not accepted, and a sentence that says where."""
    run = run_on(sandbox, source, [test.call for test in test_set.tests], document)
    if run.fault:
        return Mark(None), run.fault
    for test, mark in zip(test_set.tests, marks(run, test_set.tests, test_set), strict=True):
        if mark.verdict != ACCEPTED:
            return mark, f"On the test “{test.name}”: {mark.message}"
    return Mark(ACCEPTED), ""


def _is_alike(one: str, other: str) -> bool:
    """The same code, comments and layout aside?"""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except RecursionError:
        return one == other


def _caught_by(
    answers: Sequence[Answer], test_set: TestSet, margin: float = 1.0
) -> tuple[bool, ...]:
    rtol, atol = margin * test_set.rtol, margin * test_set.atol
    return tuple(
        not _passes(answer, test, rtol, atol)
        for answer, test in zip(answers, test_set.tests, strict=True)
    )


def _passes(answer: Answer, test: Test, rtol: float, atol: float) -> bool:
    if test.raises or answer.raised:
        return bool(test.raises) and test.raises in answer.bases
    return not answer.changed and compare(test.expected, answer.value, rtol, atol) is None


def _caught(test_set: TestSet) -> Iterator[str]:
    """Every misconception fails a test by far, half of them a visible one."""
    if not test_set.mistakes:
        yield "There is no misconception; ship at least one, as misconceptions/<id>.py."
        return
    seen = 0
    for mistake in test_set.mistakes:
        caught = _caught_by(mistake.answers, test_set)
        if not any(caught):
            yield f"misconceptions/{mistake.id}.py is accepted: no test catches it."
        elif not any(_caught_by(mistake.answers, test_set, MARGIN)):
            yield (
                f"misconceptions/{mistake.id}.py is caught by a hair: on no test does it differ"
                f" from the reference by {MARGIN:g} times the tolerance."
            )
        seen += any(hit for hit, test in zip(caught, test_set.tests, strict=True) if test.visible)
    if 2 * seen < len(test_set.mistakes):
        yield (
            f"Visible tests catch {seen} of {len(test_set.mistakes)} misconceptions; they must"
            " catch half of them, or most learners see nothing to think about."
        )


def _told_apart(test_set: TestSet) -> Iterator[str]:
    """Every two misconceptions differ on some test by far, whichever is taken for the right one."""
    rtol, atol = MARGIN * test_set.rtol, MARGIN * test_set.atol
    for one, other in combinations(test_set.mistakes, 2):
        answers = zip(one.answers, other.answers, test_set.tests, strict=True)
        if all(
            is_same_answer(a, b, test, rtol, atol) or is_same_answer(b, a, test, rtol, atol)
            for a, b, test in answers
        ):
            yield (
                f"No test tells misconceptions/{one.id}.py from misconceptions/{other.id}.py, by"
                f" {MARGIN:g} times the tolerance: nobody who made one would be told which."
            )


def _perturbed(document: ProblemDocument, test_set: TestSet, sandbox: Sandbox) -> Iterator[str]:
    """A breath on the inputs changes no verdict, of no solution that the package has."""
    solutions = {
        "reference.py": document.reference,
        "alternative.py": document.alternative,
        **{f"misconceptions/{one.id}.py": one.code for one in document.misconceptions},
    }
    moved = [index for index, test in enumerate(test_set.tests) if not test.exact]
    tests = [test_set.tests[index] for index in moved]
    if not tests:
        return
    shaken = [
        [
            Call(
                {
                    name: _shaken(value, np.random.default_rng(index), sign)
                    for name, value in test.arguments.items()
                },
                test.call.expected_bytes,
            )
            for index, test in enumerate(tests)
        ]
        for sign in (1.0, -1.0)
    ]
    for file, source in solutions.items():
        before = marks(
            run_on(sandbox, source, [test.call for test in tests], document), tests, test_set
        )
        for calls in shaken:
            run = run_on(sandbox, source, calls, document)
            after = marks(run, tests, test_set)
            changed = [
                test.name
                for test, old, new in zip(tests, before, after, strict=True)
                if old.verdict != new.verdict
            ]
            if changed:
                yield (
                    f"A change of the inputs by {PERTURBATION:g} changes the verdict on {file} in"
                    f" the test “{changed[0]}”: move it away from the boundary, or say"
                    ' "exact": True if it lies on it by intent.'
                )
                break


def _shaken(value: Value, directions: np.random.Generator, sign: float) -> Value:
    """The value with every finite float moved by PERTURBATION, of its size where that is over 1."""
    if isinstance(value, list | tuple):
        return type(value)([_shaken(item, directions, sign) for item in value])
    if isinstance(value, dict):
        return {key: _shaken(item, directions, sign) for key, item in value.items()}
    if isinstance(value, float):
        step = sign * float(directions.choice([-1.0, 1.0]))
        return value + step * PERTURBATION * max(1.0, abs(value))
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        steps = sign * directions.choice([-1.0, 1.0], size=value.shape)
        sizes = np.where(np.isfinite(value), np.maximum(1.0, np.abs(value)), 0.0)
        return value + steps * PERTURBATION * sizes
    return value
