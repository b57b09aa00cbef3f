"""Judging submissions of an older version again: first to see what would change, then for good."""

import time
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q

from problems.judge.sandbox import Sandbox
from problems.judge.verdict import Judgement
from problems.judging import fields_of, judgement_of
from problems.models import EarlierJudgement, Explanation, Problem, Submission, SubmissionQuerySet

# In one request; whoever has more does it again, as these are then of the new version.
MOST, SECONDS = 200, 30
# What is kept of a judgement that another takes the place of: the log says what was judged then.
KEPT = ("problem_version", "verdict", "score", "diagnosis")


class Again(NamedTuple):
    """A submission as it stands, and what the newest version says of it."""

    submission: Submission
    judgement: Judgement

    @property
    def changes(self) -> bool:
        return self.submission.verdict != self.judgement.verdict


class Looked(NamedTuple):
    """What was judged again, and how many were not: for want of time, or by the judge's fault."""

    judged: list[Again]
    left: int

    @property
    def changed(self) -> list[Again]:
        return [again for again in self.judged if again.changes]


def older_versions(problem: Problem) -> list[tuple[int, int]]:
    """Versions before the published one, the newest first, and how many submissions each has."""
    rows = Submission.objects.judged().filter(problem=problem, problem_version__lt=problem.version)
    counts = rows.order_by("-problem_version").values_list("problem_version")
    return list(counts.annotate(count=Count("pk")))


def candidates(problem: Problem, version: int) -> SubmissionQuerySet:
    """Of each learner the newest accepted and the newest failing submission on a version."""
    rows = Submission.objects.judged().filter(problem=problem, problem_version=version)
    is_accepted = Q(verdict=Submission.Verdict.ACCEPTED)
    newest = [rows.filter(one).latest_of_each().values("pk") for one in (is_accepted, ~is_accepted)]
    found = rows.filter(Q(pk__in=newest[0]) | Q(pk__in=newest[1]))
    return found.select_related("owner", "problem").order_by("-created_at")


def look(problem: Problem, version: int, sandbox: Sandbox) -> Looked:
    """Judge on the published version what was judged on an older one; nothing is written.

    Raises Unavailable or NoTests.
    """
    rows, judged, deadline = candidates(problem, version), [], time.monotonic() + SECONDS
    for submission in rows[:MOST]:
        if time.monotonic() > deadline:
            break
        judgement = judgement_of(submission, problem.version, sandbox)
        if not judgement.fault:
            judged.append(Again(submission, judgement))
    return Looked(judged, rows.count() - len(judged))


@transaction.atomic
def apply(problem: Problem, judged: list[Again]) -> int:
    """Put the new judgements in place of the old ones; how many submissions that concerned."""
    # What was said of a verdict that no longer stands.
    changed = [again.submission.pk for again in judged if again.changes]
    Explanation.objects.filter(submission__in=changed).delete()
    done = 0
    for submission, judgement in judged:
        earlier = EarlierJudgement(
            submission=submission, **{name: getattr(submission, name) for name in KEPT}
        )
        replaced = (
            Submission.objects.judged()
            .filter(pk=submission.pk, problem_version=submission.problem_version)
            .update(problem_version=problem.version, **fields_of(judgement))
        )
        if replaced:
            earlier.save()
            done += 1
    return done
