"""The day's digest: a topic, a problem that practises it and a case study, for each date.

A day is fixed by the schedule when it has come at the site's place, and by nothing else. Who asks
before that is answered with what will be fixed: both come from the same rows by the same code.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone

from learn import kept
from learn.catalogue import Name, in_order
from learn.choice import PARTS
from learn.introductions import introduce
from learn.ledger import DAY, Ledger, Plan, Said, tell
from learn.models import Digest
from rest.version import raise_content_version

__all__ = ["PARTS", "Day", "Days", "choose_again", "coming", "day", "days", "fix_due_days", "today"]


@dataclass(frozen=True)
class Day:
    """What the digest of a date says; a part is None where nothing of its kind is published."""

    date: datetime.date
    introduction: str
    topic: dict[str, Any] | None
    problem: dict[str, Any] | None
    case_study: dict[str, Any] | None
    is_fixed: bool
    # The parts that a curator chose.
    pinned: frozenset[str]
    updated_at: datetime.datetime


def today() -> datetime.date:
    """The site's date (TIME_ZONE), whatever zone a request is answered in."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def day(date: datetime.date) -> Day | None:
    """What a day says; None if it has not come, or lies before the first."""
    last = today()
    return next(iter(_read([date], last)), None) if date <= last else None


def days() -> "Days":
    """All days that have come, newest first, today's included."""
    last = today()
    first = Digest.objects.fixed().aggregate(first=Min("date"))["first"]
    return Days(min(first or last, last), last)


class Days(Sequence[Day]):
    """The days from the last to the first; those of a slice are read when it is taken."""

    def __init__(self, first: datetime.date, last: datetime.date) -> None:
        self._first, self._last = first, last

    def __len__(self) -> int:
        return (self._last - self._first).days + 1

    def __getitem__(self, index):
        places = range(len(self))[index]
        if isinstance(places, int):
            return _read([self._last - places * DAY], self._last)[0]
        return _read([self._last - place * DAY for place in places], self._last)


def coming(count: int) -> list[Day]:
    """The days after today as they would be now, with what curators pinned."""
    last = today()
    plans = [plan for plan in Ledger(last).open_days(last + count * DAY) if plan.date > last]
    return [_open_day(plan, said) for plan, said in zip(plans, tell(plans), strict=True)]


def fix_due_days() -> int:
    """Fix each day that has come, and replace in fixed ones what was withdrawn; how many changed.

    Whoever does so at the same moment comes to the same, and nothing is done twice.
    """
    last = today()
    rows = list(kept.broken(last))
    there = kept.still_published(rows)
    broken = [row for row in rows if kept.what_it_says(row, there, last) is None]
    are_open = _has_open_days(last)
    if not broken and not are_open:
        return 0
    # Everything is chosen before anything is written: from what a reader is answered from, and
    # while nobody waits for the database.
    ledger = Ledger(last)
    plans = ledger.open_days(last) if are_open else []
    says = tell(plans)
    settled = kept.settle(broken, ledger, there, last)
    with transaction.atomic():
        changed = _fix(plans, says) + sum(kept.keep_settled(each, last) for each in settled)
        if changed:
            raise_content_version()
    return changed


def choose_again(row: Digest) -> None:
    """Choose and say today anew, with what is pinned now. Another day stays as it is."""
    last = today()
    if row.date != last or row.fixed_at is None:
        return
    plan = Ledger(last).again(last)
    [said] = tell([plan])
    with transaction.atomic():
        if kept.keep_again(row, plan, said):
            raise_content_version()


def _has_open_days(last: datetime.date) -> bool:
    fixed = Digest.objects.fixed().filter(date__lte=last)
    found = fixed.aggregate(first=Min("date"), count=Count("pk"))
    return found["first"] is None or found["count"] <= (last - found["first"]).days


def _fix(plans: Sequence[Plan], says: Sequence[Said]) -> int:
    """Fix days in their order, up to one that somebody else has fixed; how many."""
    Digest.objects.bulk_create([Digest(date=plan.date) for plan in plans], ignore_conflicts=True)
    for number, (plan, said) in enumerate(zip(plans, says, strict=True)):
        if not kept.keep_new(plan, said, _start_of(plan.date)):
            return number
    return len(plans)


def _read(dates: Sequence[datetime.date], last: datetime.date) -> list[Day]:
    """The days of these dates in their order, without those that lie before the first."""
    rows = list(kept.rows().filter(date__in=dates))
    there = kept.still_published(rows)
    says = {row.date: kept.what_it_says(row, there, last) for row in rows}
    broken = [row for row in rows if says[row.date] is None]
    missing = set(dates) - set(says)
    plans: list[Plan] = []
    if broken or missing:
        ledger = Ledger(last)
        for each in kept.settle(broken, ledger, there, last):
            says[each.row.date] = each.said
            # What is said anew names what has just been read.
            there |= kept.names_of_titles(each.said)
        if missing:
            plans = [plan for plan in ledger.open_days(max(missing)) if plan.date in missing]
    found = {row.date: _fixed_day(row, says[row.date], there) for row in rows}
    found |= {
        plan.date: _open_day(plan, said) for plan, said in zip(plans, tell(plans), strict=True)
    }
    return [found[date] for date in dates if date in found]


def _fixed_day(row: Digest, said: Said, there: set[Name]) -> Day:
    chosen = row.parts["chosen"]
    pins = {part: getattr(row, f"pin_of_{part}") for part in PARTS}
    # The curator's own is about what was chosen, and about what was pinned.
    is_as_chosen = all(
        said[part] == chosen[part] and not (said[part] and said[part]["replaced"])
        for part in PARTS
        if chosen[part]
    ) and all(chosen[part] and chosen[part]["slug"] == pin for part, pin in pins.items() if pin)
    titles = {
        key: title for key, title in said["titles"].items() if kept.name_of_title(key) in there
    }
    return Day(
        row.date,
        (is_as_chosen and row.introduction) or introduce(row.date, {**said, "titles": titles}),
        **{part: in_order(part, said[part]) for part in PARTS},
        is_fixed=True,
        pinned=frozenset(part for part in PARTS if said[part] and said[part]["slug"] == pins[part]),
        updated_at=datetime.datetime.fromisoformat(row.parts["at"]),
    )


def _open_day(plan: Plan, said: Said) -> Day:
    return Day(
        plan.date,
        plan.introduction or introduce(plan.date, said),
        **{part: said[part] for part in PARTS},
        is_fixed=False,
        pinned=plan.pins,
        updated_at=_start_of(plan.date),
    )


def _start_of(date: datetime.date) -> datetime.datetime:
    """The moment at which a day begins at the site's place."""
    zone = timezone.get_default_timezone()
    # Where clocks skip midnight, the time before the change names the moment after it.
    start = datetime.datetime.combine(date, datetime.time.min, zone)
    return start.astimezone(datetime.UTC)
