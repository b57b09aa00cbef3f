"""The verdict on a submission, test by test, and in words for its author.

All tests run, the visible ones first, unless a limit or the end of the process ends them: the rest
were then not run, and their verdict is null. The verdict on the whole is that of the first test not
passed. Where the source cannot be run or executed at all, the first test bears that verdict.

Of a hidden test nothing is said but its number and its verdict. What is said elsewhere comes from
visible tests, which run before the process has seen a hidden one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from problems.judge.answers import Answer, Test
from problems.judge.compare import compare
from problems.judge.diagnosis import Diagnosis, diagnose
from problems.judge.outcomes import Call, Kind, Outcome, Raised, Run
from problems.judge.sandbox import Sandbox
from problems.judge.shown import Json, cut_text, from_json, shown
from problems.judge.testset import TestSet

__all__ = ["Judgement", "Mark", "judge", "marks", "try_out"]

ACCEPTED = "accepted"
WRONG_ANSWER = "wrong_answer"
RUNTIME_ERROR = "runtime_error"
INVALID_CODE = "invalid_code"
ENDED = {
    Kind.TIME_LIMIT: "time_limit",
    Kind.MEMORY_LIMIT: "memory_limit",
    Kind.OUTPUT_LIMIT: "output_limit",
    Kind.DIED: RUNTIME_ERROR,
}
NOT_RUN = "Not run, as the submission had ended before."
OWN_CALL = "your call"
OWN_RESULT_BYTES = 256 * 1024

# All tests of an answer together, in characters of JSON; and how much of each value, print-out and
# message is shown, tried in turn until they fit.
MAX_SHOWN = 64 * 1024
SHOWN = (6000, 2000, 600, 150, 60)
LONGEST_LINE = 200
MOST_SHAPES = 8
# What is left of a visible test where even so little is too much.
NOTHING = {
    **dict.fromkeys(("input", "expected", "actual", "stdout", "traceback")),
    "message": "Too much to be shown.",
}


@dataclass(frozen=True)
class Judgement:
    """What the judge says. With a `fault`, its own, it says nothing else.

    `tests` has the fields of the API. `score` is null for a learner's own call, which nothing is
    known to be right for. `ambiguous` names the misconceptions that fit where more than one did: no
    diagnosis then. Curators should see it.
    """

    verdict: str | None = None
    score: float | None = None
    memory_mb: float | None = None
    tests: tuple[dict[str, Any], ...] = ()
    diagnosis: dict[str, Any] | None = None
    ambiguous: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Mark:
    """The verdict on one test, null where it was not run, and a sentence."""

    verdict: str | None
    message: str = ""


def judge(
    sandbox: Sandbox, test_set: TestSet, source: str, *, visible_only: bool = False
) -> Judgement:
    """Run a submission on all tests, or on the visible ones, and say what it came to.

    Raises Unavailable where nothing can be run safely.
    """
    tests = test_set.visible if visible_only else test_set.tests
    run = _run(sandbox, test_set, source, [test.call for test in tests])
    if run.fault:
        return Judgement(fault=run.fault)
    marked = marks(run, tests, test_set)
    verdicts = [mark.verdict for mark in marked]
    verdict = next((one for one in verdicts if one != ACCEPTED), ACCEPTED)
    diagnosis = Diagnosis()
    if verdict != ACCEPTED and not visible_only and _came_through(run):
        passed = [one == ACCEPTED for one in verdicts]
        diagnosis = diagnose(test_set, [Answer.of(outcome) for outcome in run.outcomes], passed)
    return Judgement(
        verdict=verdict,
        score=round(verdicts.count(ACCEPTED) / len(verdicts), 4),
        memory_mb=round(run.memory_mb, 1),
        tests=_described(run, tests, marked, source),
        diagnosis=diagnosis.found,
        ambiguous=diagnosis.ambiguous,
    )


def try_out(
    sandbox: Sandbox, test_set: TestSet, source: str, arguments: Mapping[str, Any]
) -> Judgement:
    """Run a learner's own call, whose arguments are JSON data, and show what it gives.

    There is nothing to compare it with: `accepted` says that the function returned and left its
    arguments as they were, and there is no score. The reference is not asked, or it would solve the
    problem for whoever calls it. Raises Unavailable.
    """
    values = from_json(arguments, test_set.tests)
    test = Test(OWN_CALL, True, "", values)
    run = _run(sandbox, test_set, source, [Call(values, OWN_RESULT_BYTES // 4)])
    if run.fault:
        return Judgement(fault=run.fault)
    [outcome] = run.outcomes
    mark = Mark(ACCEPTED)
    if run.invalid or run.loading or outcome.kind is not Kind.VALUE:
        [mark] = marks(run, (test,), test_set)
    elif outcome.changed_arguments:
        mark = Mark(WRONG_ANSWER, _changed(outcome))
    [told] = _described(run, (test,), [mark], source)
    return Judgement(
        verdict=mark.verdict,
        memory_mb=round(run.memory_mb, 1),
        tests=({**told, "expected": None},),
    )


def marks(run: Run, tests: Sequence[Test], test_set: TestSet) -> list[Mark]:
    """The verdict on each test and why. The sentences show values: not for hidden tests."""
    if run.invalid:
        first = Mark(INVALID_CODE, _at(run.invalid.message, run.invalid.line))
    elif run.loading:
        first = _not_loaded(run.loading)
    else:
        return [
            _mark(outcome, test, test_set)
            for outcome, test in zip(run.outcomes, tests, strict=True)
        ]
    return [first, *(Mark(None, NOT_RUN) for _ in tests[1:])]


def _run(sandbox: Sandbox, test_set: TestSet, source: str, calls: Sequence[Call]) -> Run:
    # A lone surrogate has no form in UTF-8; the sandbox says so.
    data = source.encode("utf-8", "surrogatepass")
    return sandbox.run(data, test_set.function, calls, test_set.limits, test_set.parameters)


def _came_through(run: Run) -> bool:
    """Did every call return or raise?"""
    return (
        not run.invalid
        and not run.loading
        and all(outcome.kind in (Kind.VALUE, Kind.EXCEPTION) for outcome in run.outcomes)
    )


def _not_loaded(outcome: Outcome) -> Mark:
    verdict = ENDED.get(outcome.kind, RUNTIME_ERROR)
    return Mark(verdict, _exception(outcome.raised) if outcome.raised else outcome.message)


def _mark(outcome: Outcome, test: Test, test_set: TestSet) -> Mark:
    match outcome.kind:
        case Kind.NOT_RUN:
            return Mark(None, NOT_RUN)
        case Kind.VALUE:
            return _mark_of_value(outcome, test, test_set)
        case Kind.EXCEPTION if outcome.raised:
            return _mark_of_exception(outcome.raised, test)
    said = _exception(outcome.raised) if outcome.raised else outcome.message
    return Mark(ENDED[outcome.kind], said)


def _mark_of_value(outcome: Outcome, test: Test, test_set: TestSet) -> Mark:
    if test.raises:
        said = f"These arguments are not allowed: a {test.raises} must be raised here."
        if outcome.value is None:
            said += " The function returned None."
        return Mark(WRONG_ANSWER, said)
    if outcome.changed_arguments:
        return Mark(WRONG_ANSWER, _changed(outcome))
    difference = compare(test.expected, outcome.value, test_set.rtol, test_set.atol)
    return Mark(WRONG_ANSWER, difference.message) if difference else Mark(ACCEPTED)


def _mark_of_exception(raised: Raised, test: Test) -> Mark:
    said = _exception(raised)
    if test.raises:
        if raised.is_a(test.raises):
            return Mark(ACCEPTED)
        return Mark(RUNTIME_ERROR, f"{said} A {test.raises} must be raised here.")
    if test.name != OWN_CALL and raised.is_a("ValueError"):
        said += " These arguments are allowed: there is a result for them."
    return Mark(RUNTIME_ERROR, said)


def _changed(outcome: Outcome) -> str:
    names = " and ".join(f"`{name}`" for name in outcome.changed_arguments)
    noun = "input" if len(outcome.changed_arguments) == 1 else "inputs"
    return f"The function changed its {noun} {names}; work on a copy."


def _exception(raised: Raised) -> str:
    said = f"{raised.name}: {raised.message}" if raised.message else raised.name
    end = "" if said.endswith((".", "!", "?")) else "."
    return _at(said + end, raised.line)


def _at(sentence: str, line: int | None) -> str:
    return f"Line {line}: {sentence}" if line else sentence


def _described(
    run: Run, tests: Sequence[Test], marked: Sequence[Mark], source: str
) -> tuple[dict[str, Any], ...]:
    """The tests as a learner sees them, within MAX_SHOWN characters."""
    outcomes = list(run.outcomes)
    if run.loading:
        # What was printed and raised before any test is shown at the first.
        outcomes[0] = run.loading
    for limit in SHOWN:
        told = tuple(
            _told(number, test, mark, outcome, limit)
            for number, (test, mark, outcome) in enumerate(
                zip(tests, marked, outcomes, strict=True), 1
            )
        )
        if len(json.dumps(told)) <= MAX_SHOWN:
            break
    else:
        told = tuple({**one, **NOTHING} if one["visible"] else one for one in told)
    if run.invalid and run.invalid.line and told[0]["visible"]:
        told[0]["traceback"] = _traceback(run.invalid.line, _line(source, run.invalid.line), {})
    return told


def _told(number: int, test: Test, mark: Mark, outcome: Outcome, limit: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": test.name if test.visible else str(number),
        "visible": test.visible,
        "verdict": mark.verdict,
        "time_ms": None,
        "message": None,
        "input": None,
        "expected": None,
        "actual": None,
        "stdout": None,
        "traceback": None,
    }
    if not test.visible:
        return told
    told["message"] = cut_text(mark.message, max(limit, 300))
    told["input"] = {name: shown(value, limit) for name, value in test.arguments.items()}
    told["expected"] = test.raises or shown(test.expected, limit)
    if mark.verdict is None:
        return told
    told["time_ms"] = round(outcome.time_ms, 2)
    told["stdout"] = cut_text(outcome.stdout, limit)
    if outcome.kind is Kind.VALUE:
        told["actual"] = shown(outcome.value, limit)
    elif raised := outcome.raised:
        told["actual"] = raised.name
        if raised.line and mark.verdict != ACCEPTED:
            told["traceback"] = _traceback(raised.line, raised.text, raised.shapes)
    return told


def _traceback(
    line: int, text: str, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Json | dict[str, list[int]]]:
    return {
        "line": line,
        "text": cut_text(text.strip(), LONGEST_LINE),
        "shapes": {name: list(shape) for name, shape in list(shapes.items())[:MOST_SHAPES]},
    }


def _line(source: str, number: int) -> str:
    lines = source.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""
