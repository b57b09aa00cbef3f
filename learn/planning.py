"""What curators choose for today and the days to come: pins, swaps and introductions.

A day to come has a row only where something was chosen for it; what was chosen for today is seen by
readers at once, and days that have passed stay as they are.
"""

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import get_text_list

from kb.models import CaseStudy, Topic
from learn import digest, kept
from learn.digest import PARTS, Day
from learn.ledger import DAY
from learn.models import IN_DIGEST, Digest
from problems.models import Problem
from rest.limits import one_at_a_time
from rest.version import raise_content_version

MODELS = {"topic": Topic, "problem": Problem, "case_study": CaseStudy}
NAMES = {"topic": "topic", "problem": "problem", "case_study": "case study"}
PINS = tuple(f"pinned_{part}" for part in PARTS)
CHOICE = ("introduction", *PINS)
# Days that are chosen ahead: half a year, so that a plan stays one page.
FEWEST, MOST = 28, 182


class CannotPlan(Exception):
    """What was asked for a day is not done, and this sentence says why."""


@dataclass(frozen=True)
class Planned:
    """A day as it would be now, and the row of what was chosen for it, if anything was."""

    day: Day
    row: Digest | None

    @property
    def date(self) -> datetime.date:
        return self.day.date

    @property
    def name(self) -> str:
        return name_of(self.date)

    @property
    def monday(self) -> datetime.date:
        """Of its week."""
        return self.date - self.date.weekday() * DAY

    @property
    def parts(self) -> list["PlannedPart"]:
        return [
            PlannedPart(
                part,
                getattr(self.day, part),
                part in self.day.pinned,
                bool(self.row and getattr(self.row, f"pinned_{part}_id")),
            )
            for part in PARTS
        ]

    @property
    def has_own_introduction(self) -> bool:
        return bool(self.row and self.row.introduction)

    @property
    def has_pins(self) -> bool:
        return any(part.has_pin for part in self.parts)

    @property
    def is_all_pinned(self) -> bool:
        return all(part.is_pinned for part in self.parts if part.shown)

    @property
    def seen(self) -> str:
        """What stands here: it differs as soon as another part is shown, pinned or said."""
        shown = [part.slug for part in self.parts]
        return _hash([str(self.date), *shown, seen_of(self.row)])


@dataclass(frozen=True)
class PlannedPart:
    name: str
    shown: dict | None
    is_pinned: bool
    # Whether the row names an entry, which readers may no longer see.
    has_pin: bool

    @property
    def label(self) -> str:
        return NAMES[self.name]

    @property
    def slug(self) -> str:
        return self.shown["slug"] if self.shown else ""

    @property
    def is_lost(self) -> bool:
        return self.has_pin and not self.is_pinned


def plan(count: int = FEWEST) -> list[Planned]:
    """Today and the days after it, `count` in all, as they would be now."""
    today = digest.today()
    now = digest.day(today)
    days = [*([now] if now else []), *digest.coming(count - 1)]
    rows = Digest.objects.in_bulk([day.date for day in days], field_name="date")
    return [Planned(day, rows.get(day.date)) for day in days]


def planned(dates: Iterable[datetime.date]) -> list[Planned]:
    """Some of these days, in the order of the dates. Raises CannotPlan for others."""
    dates = list(dates)
    today = digest.today()
    for date in dates:
        if date < today:
            raise CannotPlan(f"{name_of(date)} has passed; what it said stays.")
        if date >= today + MOST * DAY:
            raise CannotPlan(f"{name_of(date)} is too far ahead; the plan has {MOST} days.")
    days = {item.date: item for item in plan((max(dates) - today).days + 1)}
    return [days[date] for date in dates]


def chosen(date: datetime.date) -> Digest:
    """The row of a day, or one that is not saved yet."""
    return Digest.objects.filter(date=date).first() or Digest(date=date)


def is_chosen(row: Digest) -> bool:
    return bool(row.introduction or any(getattr(row, f"{pin}_id") for pin in PINS))


def seen_of(row: Digest | None) -> str:
    """What was chosen: it differs as soon as anybody chooses something else."""
    row = row or Digest()
    return _hash([row.introduction, *(str(getattr(row, f"{pin}_id") or "") for pin in PINS)])


def keep(row: Digest) -> None:
    """Save what was chosen for today or a day to come; a row of nothing goes.

    Call it in a transaction that holds `lock`.
    """
    if row.date == digest.today():
        _keep_today(row)
    elif not is_chosen(row):
        Digest.objects.filter(date=row.date, fixed_at=None).delete()
    elif row.pk:
        # Never what midnight may be writing into it.
        row.save(update_fields=CHOICE)
    else:
        row.save()


def lock() -> None:
    """Of two who choose at the same moment, the second finds what the first chose."""
    one_at_a_time("plan of the digest")


def pin(date: datetime.date, parts: Iterable[str], seen: str) -> None:
    """Keep parts of a day as they stand. Raises CannotPlan."""
    with transaction.atomic():
        lock()
        (item,) = _as_seen([(date, seen)])
        row = item.row or Digest(date=date)
        for part in parts:
            _pin(row, part, item)
        keep(row)


def unpin(date: datetime.date, parts: Iterable[str], seen: str) -> None:
    """Leave parts of a day to the schedule again. Raises CannotPlan."""
    with transaction.atomic():
        lock()
        (item,) = _as_seen([(date, seen)])
        if item.row is None:
            raise CannotPlan(f"Nothing is pinned on {item.name}.")
        for part in parts:
            setattr(item.row, f"pinned_{part}", None)
        keep(item.row)


def swap(one: tuple[datetime.date, str], other: tuple[datetime.date, str], part: str = "") -> None:
    """Two days change places, or a part of each does: pinned where they then stand.

    Each day comes with what was seen of it. With whole days go their own introductions. Raises
    CannotPlan.
    """
    if one[0] == other[0]:
        raise CannotPlan("A day is swapped with another day.")
    with transaction.atomic():
        lock()
        first, second = _as_seen([one, other])
        rows = [item.row or Digest(date=item.date) for item in (first, second)]
        for name in [part] if part else PARTS:
            here, there = getattr(first.day, name), getattr(second.day, name)
            if here is None and there is None and not part:
                continue
            if here is None or there is None:
                empty = first if here is None else second
                raise CannotPlan(f"{empty.name} has no {NAMES[name]} to swap.")
            if here["slug"] != there["slug"]:
                _pin(rows[0], name, second)
                _pin(rows[1], name, first)
            elif part:
                raise CannotPlan(
                    f"{first.name} and {second.name} have the same {NAMES[name]}: {here['title']}."
                )
        if not part:
            said = [row.introduction for row in rows]
            rows[0].introduction, rows[1].introduction = reversed(said)
        # A day to come first: today's is chosen anew with what the others keep.
        for row in sorted(rows, key=lambda row: row.date, reverse=True):
            keep(row)


def worth_knowing(row: Digest) -> list[str]:
    """Sentences on what a curator might not have meant by what was chosen for a day."""
    found = [sentence for part in PARTS if (sentence := _said_twice(row, part))]
    loose = [NAMES[part] for part in PARTS if not getattr(row, f"pinned_{part}_id")]
    if row.introduction and loose and row.date > digest.today():
        found.append(
            f"The introduction is your own, and the {get_text_list(loose, 'and')} of the day may"
            " still change: pin what the introduction speaks of."
        )
    return found


def name_of(date: datetime.date) -> str:
    return f"{date:%A %-d %B %Y}"


def _keep_today(row: Digest) -> None:
    # A day that nobody fixed yet has all of its parts first.
    digest.fix_due_days()
    mine = Digest.objects.filter(date=row.date)
    before = mine.get()
    mine.update(**{name: getattr(row, name) for name in CHOICE})
    # From the update on, whoever fixes days waits for this transaction.
    now = mine.get()
    if any(getattr(before, f"{pin}_id") != getattr(now, f"{pin}_id") for pin in PINS):
        digest.choose_again(now)
    elif before.introduction != now.introduction:
        # Whatever was published since midnight.
        kept.keep_as_it_is(now)
        raise_content_version()


def _said_twice(row: Digest, part: str) -> str:
    entry = getattr(row, f"pinned_{part}")
    if entry is None:
        return ""
    others = Digest.objects.exclude(date=row.date)
    ahead = others.filter(date__gte=digest.today(), **{f"pinned_{part}": entry})
    if again := ahead.order_by("date").first():
        return f"{entry.title} is pinned on {name_of(again.date)} too."
    if last := others.fixed().filter(**{part: entry.slug}).order_by("-date").first():
        days = (row.date - last.date).days
        return f"{entry.title} had its day on {name_of(last.date)}, {days} days before."
    return ""


def _as_seen(wanted: list[tuple[datetime.date, str]]) -> list[Planned]:
    found = planned([date for date, _ in wanted])
    for item, (_, seen) in zip(found, wanted, strict=True):
        if item.seen != seen:
            raise CannotPlan(
                f"{item.name} has changed since you saw it, so nothing was done. This is how it"
                " stands now."
            )
    return found


def _pin(row: Digest, part: str, item: Planned) -> None:
    """Pin on a row what another day shows, or this one."""
    shown = getattr(item.day, part)
    if shown is None:
        raise CannotPlan(f"{item.name} has no {NAMES[part]} to pin.")
    entry = MODELS[part].objects.filter(slug=shown["slug"], **IN_DIGEST).first()
    if entry is None:
        raise CannotPlan(f"{shown['title']} has just been withdrawn.")
    setattr(row, f"pinned_{part}", entry)


def _hash(texts: list[str]) -> str:
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
