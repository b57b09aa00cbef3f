"""Figures that only grow: what has ended, how long it took, what the sweeps put right.

Jobs are deleted in the end, and web, workers and sweep are different processes; so these figures
are rows. One of the sweeps adds to them what has ended since it last did.
"""

import bisect
import datetime
from collections import defaultdict

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from compute.models import Counted, Counter
from compute.work import Work, WorkQuerySet, kinds_of_work

# Bounds of the durations, in seconds; what is longer counts as INFINITE.
BOUNDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
INFINITE = "+Inf"

# The time at which work ended is set just before it is written, and a writer may wait for the
# database: 20 s on SQLite. What ended so long ago has been written.
SETTLED = datetime.timedelta(seconds=30)
# Of one model at one time.
MOST_AT_ONCE = 20_000

# Names of counters. A bucket's row holds those of its bucket alone.
FINISHED, ATTEMPTS = "finished", "attempts"
COMPUTING, WAITING = "computing", "waiting"
SWEEPS, PUT_RIGHT = "sweeps", "put-right"
SUM = "sum"

Key = tuple[str, str, str]  # kind, name, label


def count_finished(now: datetime.datetime | None = None) -> None:
    """Add what has ended since the last time, up to SETTLED ago. Any number of sweeps may."""
    until = (now or timezone.now()) - SETTLED
    for model in kinds_of_work():
        if model.IS_PART:
            continue
        name = model._meta.model_name
        seen = Counted.objects.filter(work=name).first()
        ended = model.objects.filter(finished_at__lte=until).order_by("finished_at")
        if seen is not None:
            ended = ended.filter(finished_at__gt=seen.until)
        # After a long pause the rest is counted the next time: the sweep has other things to do.
        cut = ended.values_list("finished_at", flat=True)[MOST_AT_ONCE - 1 : MOST_AT_ONCE]
        last = next(iter(cut), until)
        amounts = _amounts(ended.filter(finished_at__lte=last))
        with transaction.atomic():
            if _claim(name, seen, last):
                add(name, amounts)


def count_sweep(model: type[Work], counts: dict[str, int]) -> None:
    """Add one sweep over a model, and what it put right by name."""
    amounts: dict[Key, float] = {("", SWEEPS, ""): 1}
    amounts |= {("", PUT_RIGHT, name): count for name, count in counts.items()}
    with transaction.atomic():
        add(model._meta.model_name, amounts)


def add(work: str, amounts: dict[Key, float]) -> None:
    """Add to the counters of one model. In a transaction."""
    missing = []
    # In one order, so that two who add at once do not wait for each other.
    for (kind, name, label), amount in sorted(amounts.items()):
        key = {"work": work, "kind": kind, "name": name, "label": label}
        if not Counter.objects.filter(**key).update(value=F("value") + amount):
            missing.append((key, amount))
    if missing:
        rows = [Counter(**key) for key, _ in missing]
        Counter.objects.bulk_create(rows, ignore_conflicts=True)
        for key, amount in missing:
            Counter.objects.filter(**key).update(value=F("value") + amount)


def _claim(name: str, seen: Counted | None, until: datetime.datetime) -> bool:
    """Whether nobody else has counted this stretch of time; from now on, it is counted."""
    if seen is None:
        _, created = Counted.objects.get_or_create(work=name, defaults={"until": until})
        return created
    if until <= seen.until:
        return False
    return bool(Counted.objects.filter(work=name, until=seen.until).update(until=until))


def _amounts(ended: WorkQuerySet) -> dict[Key, float]:
    """What this work, which has ended, adds to each counter."""
    has_kind = any(field.name == "kind" for field in ended.model._meta.fields)
    fields = ("state", "attempt", "seconds", "created_at", "started_at")
    rows = ended.values_list(*fields, *(["kind"] if has_kind else []))
    amounts: dict[Key, float] = defaultdict(float)
    for state, attempt, seconds, created_at, started_at, *kinds in rows.iterator():
        kind = kinds[0] if kinds else ""
        amounts[kind, FINISHED, state] += 1
        if started_at is None:
            continue
        amounts[kind, ATTEMPTS, ""] += attempt
        waited = max(0.0, (started_at - created_at).total_seconds())
        for name, value in ((COMPUTING, seconds), (WAITING, waited)):
            amounts[kind, name, bucket(value)] += 1
            amounts[kind, name, SUM] += value
    return amounts


def bucket(seconds: float) -> str:
    """The smallest bound that is not below so many seconds."""
    place = bisect.bisect_left(BOUNDS, seconds)
    return f"{BOUNDS[place]:g}" if place < len(BOUNDS) else INFINITE
