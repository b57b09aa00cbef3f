"""The log: everything a learner attempted, in the order of time and complete.

Nothing in it is worked out from what may change: difficulty, ability and reviews are computed from
it, by whoever wants to know.
"""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from learn.models import CheckAnswer
from problems.models import EarlierJudgement, GaveUp, HintReveal, Submission

AT_ONCE = 500


class Place(NamedTuple):
    """Where an event stands in the log; what happened at the same moment has an order too."""

    at: datetime.datetime
    rank: int
    # The key of a row; of a submission, in letters.
    number: int
    submission: str


@dataclass(frozen=True)
class Judgement:
    """What was judged of a submission before it was judged again on a newer version."""

    version: int
    verdict: str
    score: float
    diagnosis: str | None
    misconceptions: Sequence[str]
    replaced_at: datetime.datetime


@dataclass(frozen=True)
class Event:
    """One thing that a learner did: what does not concern its type is None.

    `type` is submit, run, hint, give-up or answer.
    """

    place: Place
    type: str
    at: datetime.datetime
    problem: str | None = None
    topic: str | None = None
    # Of the problem or topic: null where it was not kept yet. Of a submission, that of its verdict.
    version: int | None = None

    # Of a hint, its number; of a question, its key, and what the learner said of the answer.
    hint: int | None = None
    question: str | None = None
    correct: bool | None = None
    # From seeing the question to its answer.
    seconds: float | None = None

    # Of a submission, as it stands. Verdict and score are null while, or where, it is not judged.
    id: uuid.UUID | None = None
    state: str | None = None
    # Which of the learner's judged tries of the problem it was, from 1; null for a run.
    attempt: int | None = None
    # A run of the learner's own call, in place of the visible tests.
    own_call: bool | None = None
    verdict: str | None = None
    score: float | None = None
    # The kind of what was diagnosed, and the ids of the mistakes.
    diagnosis: str | None = None
    misconceptions: Sequence[str] = ()
    judging_seconds: float | None = None
    memory_mb: float | None = None
    finished_at: datetime.datetime | None = None
    # What the learner had seen before it.
    hints_before: int | None = None
    gave_up_before: bool | None = None
    # The oldest first: the first is what the learner was told at the time.
    earlier: Sequence[Judgement] = ()

    @property
    def at_the_time(self) -> "Event | Judgement":
        """What holds the verdict that the learner was told, whatever was judged since."""
        return self.earlier[0] if self.earlier else self


def log(user) -> Iterator[Event]:
    """Everything, the oldest first; read in parts, so that it may be long."""
    events = part(user, AT_ONCE)
    while events:
        yield from events
        events = part(user, AT_ONCE, after=events[-1].place)


def part(
    user, count: int, *, after: Place | None = None, before: Place | None = None
) -> list[Event]:
    """The first so many events, or those after a place; or the last so many before one.

    The oldest first. Three queries.
    """
    rows = _rows(user, after, before)
    if before is None:
        found = list(rows.order_by(*ORDER)[:count])
    else:
        found = list(rows.order_by(*(f"-{name}" for name in ORDER))[:count])[::-1]
    keys = [uuid.UUID(row["submission"]) for row in found if row["submission"]]
    submissions = {row.pk: row for row in _submissions(user, keys)}
    earlier = _earlier(user, keys)
    return [_event(row, submissions, earlier) for row in found]


# --- what there is, by time ----------------------------------------------------------------------

ORDER = ("moment", "rank", "row", "submission")
KINDS = ("answer", "hint", "give-up", "submission")
# What rows of some tables say, and those of others do not.
COLUMNS = {
    "problem_slug": models.CharField(),
    "topic_slug": models.CharField(),
    "version": models.IntegerField(),
    "hint": models.IntegerField(),
    "answered": models.CharField(),
    "was_right": models.BooleanField(),
    "took": models.FloatField(),
}


def _rows(user, after: Place | None, before: Place | None) -> QuerySet:
    """The learner's rows of all tables in one form; of a submission little more than its key."""
    of_problem = {"problem_slug": F("problem__slug"), "version": F("problem_version")}
    of_answer = {
        "topic_slug": F("topic__slug"),
        "version": F("topic_version"),
        "answered": F("question"),
        "was_right": F("correct"),
        "took": F("seconds"),
    }
    sources: list[tuple[QuerySet, str, dict]] = [
        (CheckAnswer.objects.of(user), "at", of_answer),
        (HintReveal.objects.of(user), "at", of_problem | {"hint": F("number")}),
        (GaveUp.objects.of(user), "at", of_problem),
        (Submission.objects.of(user), "created_at", of_problem),
    ]
    found = []
    for rank, (rows, time, columns) in enumerate(sources):
        if after is not None:
            rows = rows.filter(_beyond("gt", after, rank, time))
        if before is not None:
            rows = rows.filter(_beyond("lt", before, rank, time))
        is_submission = rows.model is Submission
        text, number = models.CharField(), models.BigIntegerField()
        values: dict[str, Any] = {
            "moment": F(time),
            "rank": Value(rank, models.IntegerField()),
            "row": Cast(Value(0), number) if is_submission else Cast("pk", number),
            "submission": Cast("pk", text) if is_submission else Cast(Value(""), text),
        }
        values |= {
            # A bare null would take the type of the first table's column, whatever that is.
            name: Cast(columns.get(name, Value(None)), field)
            for name, field in COLUMNS.items()
        }
        found.append(rows.order_by().values(**values))
    return found[0].union(*found[1:], all=True)


def _beyond(than: str, place: Place, rank: int, time: str) -> Q:
    """Rows of a table that stand after a place, or before it."""
    beyond = Q(**{f"{time}__{than}": place.at})
    at_the_moment = Q(**{time: place.at})
    if rank == place.rank:
        key = uuid.UUID(place.submission) if place.submission else place.number
        return beyond | at_the_moment & Q(**{f"pk__{than}": key})
    comes_beyond = rank > place.rank if than == "gt" else rank < place.rank
    return beyond | at_the_moment if comes_beyond else beyond


# --- what is known of each -----------------------------------------------------------------------


def _submissions(user, keys: list[uuid.UUID]) -> QuerySet:
    here = {"problem": OuterRef("problem")}
    no_later = Q(created_at__lt=OuterRef("created_at"))
    no_later |= Q(created_at=OuterRef("created_at"), pk__lte=OuterRef("pk"))
    tries = Submission.objects.of(user).judged().filter(no_later, **here)
    reveals = HintReveal.objects.of(user).filter(at__lte=OuterRef("created_at"), **here)
    given_up = GaveUp.objects.of(user).filter(at__lte=OuterRef("created_at"), **here)
    rows = Submission.objects.of(user).filter(pk__in=keys).defer("code", "tests", "error_detail")
    return rows.annotate(
        tries=_count(tries), hints_before=_count(reveals), gave_up_before=Exists(given_up)
    )


def _count(rows: QuerySet) -> Coalesce:
    """How many rows there are of one problem."""
    counts = rows.order_by().values("problem").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


def _earlier(user, keys: list[uuid.UUID]) -> dict[uuid.UUID, list[Judgement]]:
    mine = Submission.objects.of(user).filter(pk__in=keys)
    found = defaultdict(list)
    rows = EarlierJudgement.objects.filter(submission__in=mine)
    for row in rows.order_by("problem_version"):
        kind, ids = _mistakes(row.diagnosis)
        judgement = Judgement(
            row.problem_version, row.verdict, row.score, kind, ids, row.replaced_at
        )
        found[row.submission_id].append(judgement)
    return found


def _event(
    row: dict, submissions: dict[uuid.UUID, Any], earlier: dict[uuid.UUID, list[Judgement]]
) -> Event:
    place = Place(*(row[name] for name in ORDER))
    plain = {
        "place": place,
        "type": KINDS[place.rank],
        "at": place.at,
        "problem": row["problem_slug"],
        "topic": row["topic_slug"],
        "version": row["version"],
        "hint": row["hint"],
        "question": row["answered"],
        "correct": row["was_right"],
        "seconds": row["took"],
    }
    if not place.submission:
        return Event(**plain)
    submission = submissions[uuid.UUID(place.submission)]
    is_try = submission.mode == Submission.Mode.SUBMIT
    kind, ids = _mistakes(submission.diagnosis)
    return Event(
        **plain | {"type": submission.mode},
        id=submission.pk,
        state=submission.state,
        attempt=submission.tries if is_try and submission.verdict else None,
        own_call=submission.arguments is not None,
        verdict=submission.verdict,
        score=submission.score,
        diagnosis=kind,
        misconceptions=ids,
        judging_seconds=submission.seconds,
        memory_mb=submission.memory_mb,
        finished_at=submission.finished_at,
        hints_before=submission.hints_before,
        gave_up_before=submission.gave_up_before,
        earlier=earlier.get(submission.pk, []),
    )


def _mistakes(diagnosis: dict | None) -> tuple[str | None, list[str]]:
    """The kind of a diagnosis, and the ids of the mistakes that it names."""
    if not diagnosis:
        return None, []
    named = [diagnosis["misconception"], *diagnosis["also"]]
    return diagnosis["kind"], [one for one in named if one]
