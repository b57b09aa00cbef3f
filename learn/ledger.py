"""The days of the digest as they are kept, and those that follow from them."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from learn.catalogue import name_of, read_cards, read_catalogue, say
from learn.choice import PARTS, History, Pick, choose, replacement
from learn.introductions import names_in, relate
from learn.models import Digest

DAY = datetime.timedelta(days=1)
PINS = {part: f"pinned_{part}__slug" for part in PARTS}
COLUMNS = (
    *("date", "introduction"),
    *PARTS,
    *(f"{part}_round" for part in PARTS),
    *PINS.values(),
)


# What a day says: its parts, how they hang together ("ties"), and the titles of what that names,
# by type and slug.
Said = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What was chosen for a day, not said yet."""

    date: datetime.date
    picks: Mapping[str, Pick]
    ties: dict[str, Any]
    introduction: str = ""
    pins: frozenset[str] = frozenset()

    @property
    def slugs(self) -> dict[str, str]:
        return {part: pick.slug for part, pick in self.picks.items()}


class Ledger:
    """Everything that a choice depends on, as it was when it was read."""

    def __init__(self, today: datetime.date) -> None:
        rows = Digest.objects.order_by("date").values(*COLUMNS, is_fixed=Q(fixed_at__isnull=False))
        self._rows = {row["date"]: row for row in rows}
        self.catalogue = read_catalogue()
        fixed = (date for date, row in self._rows.items() if row["is_fixed"])
        self.first = min(next(fixed, today), today)

    def open_days(self, until: datetime.date) -> list[Plan]:
        """The days up to one that are not fixed, chosen one after the other."""
        plans, history = [], History()
        for date in _dates(self.first, until):
            if self._is_fixed(date):
                history.add(date, self._picks(date))
            else:
                plan = self._plan(date, history, self._pinned(date))
                history.add(date, plan.picks)
                plans.append(plan)
        return plans

    def again(self, date: datetime.date, given: Mapping[str, str] | None = None) -> Plan:
        """A day that is fixed, chosen anew: beside what is given, or what curators pinned."""
        if given is None:
            given = self._pinned(date)
        given = {part: slug for part, slug in given.items() if slug in self.catalogue.of[part]}
        return self._plan(date, self._history_before(date), given)

    def repaired(
        self, date: datetime.date, kept: Mapping[str, str], missing: Iterable[str]
    ) -> Plan:
        """A day that is over, with something in place of the missing parts."""
        shown: dict[str, dict[str, list[datetime.date]]] = {part: {} for part in PARTS}
        for other, row in self._rows.items():
            for part in PARTS:
                if row["is_fixed"] and row[part]:
                    shown[part].setdefault(row[part], []).append(other)
        found = dict.fromkeys(PARTS, "") | dict(kept)
        for part in missing:
            found[part] = replacement(part, date, self.catalogue, shown[part], found)
        last = {
            slug: max((day for day in days if day < date), default=date)
            for slug, days in shown["topic"].items()
        }
        picks = {part: Pick(slug) for part, slug in found.items()}
        return Plan(date, picks, relate(self.catalogue, date, found, last))

    def _plan(self, date, history: History, given: Mapping[str, str]) -> Plan:
        picks = choose(date, self.catalogue, history, given, self._kept_after(date))
        slugs = {part: pick.slug for part, pick in picks.items()}
        ties = relate(self.catalogue, date, slugs, history.rounds["topic"].last)
        return Plan(date, picks, ties, self._introduction(date), frozenset(self._pinned(date)))

    def _introduction(self, date: datetime.date) -> str:
        """A curator's own, which speaks of what is pinned: none where that is published no more."""
        row = self._rows.get(date, {})
        pins = {part for part, pin in PINS.items() if row.get(pin)}
        return row.get("introduction", "") if pins == set(self._pinned(date)) else ""

    def _history_before(self, date: datetime.date) -> History:
        history = History()
        for day in _dates(self.first, date - DAY):
            if self._is_fixed(day):
                history.add(day, self._picks(day))
        return history

    def _is_fixed(self, date: datetime.date) -> bool:
        return date in self._rows and self._rows[date]["is_fixed"]

    def _picks(self, date: datetime.date) -> dict[str, Pick]:
        row = self._rows[date]
        return {part: Pick(row[part], row[f"{part}_round"]) for part in PARTS}

    def _pinned(self, date: datetime.date) -> dict[str, str]:
        """What curators chose for a day, as far as it is published."""
        row = self._rows.get(date, {})
        slugs = {part: row.get(pin) for part, pin in PINS.items()}
        return {part: slug for part, slug in slugs.items() if slug in self.catalogue.of[part]}

    def _kept_after(self, date: datetime.date) -> dict[str, set[str]]:
        """What is pinned to later days."""
        kept: dict[str, set[str]] = {part: set() for part in PARTS}
        for other, row in self._rows.items():
            if other > date and not row["is_fixed"]:
                for part, slug in self._pinned(other).items():
                    kept[part].add(slug)
        return kept


def tell(plans: Iterable[Plan]) -> list[Said]:
    """What the chosen days say."""
    plans = list(plans)
    names = {name_of(part, slug) for plan in plans for part, slug in plan.slugs.items()}
    cards = read_cards(names.union(*(names_in(plan.ties) for plan in plans)))
    return [
        {
            **say(plan.slugs, cards),
            "ties": plan.ties,
            "titles": {
                "/".join(name): cards[name].title
                for name in sorted(names_in(plan.ties))
                if name in cards
            },
        }
        for plan in plans
    ]


def _dates(first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield datetime.date.fromordinal(number)
