"""What a newer version says of a submission takes the place of what was said, which is kept."""

import pytest
from django.db import IntegrityError, transaction

from problems.judge.verdict import Judgement
from problems.models import EarlierJudgement, Problem, Submission
from problems.rejudging import Again, apply
from tests.problems.client import SLUG, judged

MISTAKE = {
    "kind": "misconception",
    "misconception": "base-rate-neglect",
    "title": "The base rate is left out",
    "explanation": "You compared the two likelihoods.",
    "topic": "bayesian-inference",
    "also": [],
}
pytestmark = pytest.mark.usefixtures("shipped")


def judge_again(row: Submission, version: int, verdict: str, score=0.5, diagnosis=None) -> int:
    """As if version `version` of the problem had been published, and said this of a submission."""
    Problem.objects.filter(slug=SLUG).update(version=version)
    problem = Problem.objects.published().get(slug=SLUG)
    judgement = Judgement(verdict=verdict, score=score, diagnosis=diagnosis)
    return apply(problem, [Again(row, judgement)])


def kept_of(row: Submission) -> list[tuple]:
    columns = ("problem_version", "verdict", "score", "diagnosis")
    return list(row.earlier.values_list(*columns))


def test_what_was_judged_at_the_time_is_kept(ada):
    row = judged(ada, "wrong_answer", score=0.25, diagnosis=MISTAKE)
    assert judge_again(row, 2, "accepted", score=1.0) == 1
    row.refresh_from_db()
    assert (row.problem_version, row.verdict, row.score, row.diagnosis) == (2, "accepted", 1, None)
    assert kept_of(row) == [(1, "wrong_answer", 0.25, MISTAKE)]
    assert row.earlier.get().replaced_at >= row.finished_at


def test_a_verdict_that_stays_is_kept_too(ada):
    row = judged(ada, "wrong_answer", score=0.25)
    judge_again(row, 2, "wrong_answer")
    assert kept_of(row) == [(1, "wrong_answer", 0.25, None)]


def test_each_version_has_its_judgement_the_oldest_first(ada):
    row = judged(ada, "wrong_answer", score=0.0)
    for version, verdict in ((2, "time_limit"), (3, "accepted")):
        judge_again(row, version, verdict)
        row.refresh_from_db()
    assert [one[:2] for one in kept_of(row)] == [(1, "wrong_answer"), (2, "time_limit")]
    assert (row.problem_version, row.verdict) == (3, "accepted")


def test_who_comes_second_replaces_nothing_and_keeps_nothing(ada):
    stale = judged(ada, "wrong_answer", score=0.25)
    fresh = Submission.objects.get(pk=stale.pk)
    assert judge_again(fresh, 2, "accepted", score=1.0) == 1
    assert judge_again(stale, 2, "runtime_error") == 0
    assert Submission.objects.get(pk=stale.pk).verdict == "accepted"
    assert kept_of(stale) == [(1, "wrong_answer", 0.25, None)]


def test_what_is_no_longer_judged_is_left_alone(ada):
    row = judged(ada, "wrong_answer")
    Submission.objects.filter(pk=row.pk).update(
        state="queued", verdict=None, finished_at=None, score=None
    )
    assert judge_again(row, 2, "accepted") == 0
    assert kept_of(row) == []


def test_a_version_is_kept_once(ada):
    row = judged(ada, "wrong_answer")
    judge_again(row, 2, "accepted")
    with pytest.raises(IntegrityError), transaction.atomic():
        EarlierJudgement.objects.create(
            submission=row, problem_version=1, verdict="accepted", score=1
        )


def test_nothing_to_judge_again_keeps_nothing(db):
    assert apply(Problem.objects.published().get(slug=SLUG), []) == 0
    assert not EarlierJudgement.objects.exists()


def test_who_deletes_an_account_deletes_what_was_judged_of_it(ada, bob):
    for owner in (ada, bob):
        judge_again(judged(owner, "wrong_answer", problem_version=1), 2, "accepted")
    ada.delete()
    assert EarlierJudgement.objects.get().submission.owner == bob
