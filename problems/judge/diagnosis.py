"""Why a submission is wrong, where that is certain: a known mistake, two at once, or a relation.

A mistake is named where it gives the submission's answer on every test, those that pass and the
errors included, within the verdict's tolerance. Where two fit, nothing is said: the tests cannot
tell them apart. A false explanation costs more trust than silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from problems.judge.answers import Answer, Mistake, is_same_answer
from problems.judge.relations import relation
from problems.judge.testset import TestSet

__all__ = ["Diagnosis", "diagnose"]


@dataclass(frozen=True)
class Diagnosis:
    """`found` has the fields of the API; `ambiguous` the ids that fit where more than one did."""

    found: dict[str, Any] | None = None
    ambiguous: tuple[str, ...] = ()


def diagnose(test_set: TestSet, answers: Sequence[Answer], passed: Sequence[bool]) -> Diagnosis:
    """Of a submission that was not accepted and whose calls all returned or raised.

    The answers and whether they are right are those of all tests, in order.
    """
    mistakes = [one for one in test_set.mistakes if _fits(one.answers, answers, test_set)]
    if len(mistakes) > 1:
        return Diagnosis(ambiguous=tuple(one.id for one in mistakes))
    if mistakes:
        return Diagnosis(_misconception(mistakes[0]))

    pairs = [one for one in test_set.pairs if _fits(one.answers, answers, test_set)]
    if len(pairs) > 1:
        indices = sorted({index for pair in pairs for index in (pair.first, pair.second)})
        return Diagnosis(ambiguous=tuple(test_set.mistakes[index].id for index in indices))
    if pairs:
        first, second = (test_set.mistakes[i] for i in (pairs[0].first, pairs[0].second))
        return Diagnosis(_pair(first, second))

    if observed := relation(test_set, answers, passed):
        return Diagnosis(
            {
                "kind": "relation",
                "misconception": None,
                "title": observed.title,
                "explanation": observed.explanation,
                "topic": None,
                "also": [],
            }
        )
    return Diagnosis()


def _fits(known: Sequence[Answer], answers: Sequence[Answer], test_set: TestSet) -> bool:
    rtol, atol = test_set.rtol, test_set.atol
    return all(
        is_same_answer(wanted, got, test, rtol, atol)
        for wanted, got, test in zip(known, answers, test_set.tests, strict=True)
    )


def _misconception(mistake: Mistake) -> dict[str, Any]:
    return {
        "kind": "misconception",
        "misconception": mistake.id,
        "title": mistake.title,
        "explanation": mistake.explanation,
        "topic": mistake.topic,
        "also": [],
    }


def _pair(first: Mistake, second: Mistake) -> dict[str, Any]:
    return {
        "kind": "pair",
        "misconception": first.id,
        "title": f"Two things: {first.title}; {second.title}",
        "explanation": f"{first.explanation}\n\n{second.explanation}",
        "topic": first.topic,
        "also": [second.id],
    }
