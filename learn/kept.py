"""What is kept of a day that was fixed, and what it says since something of it was withdrawn.

`Digest.parts` has under "chosen" what the day said when it had come, under "shown" what it says
instead since then, and under "at" when that was written. What was withdrawn comes back when it is
published again.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from kb.models import Card
from learn.catalogue import TYPES, Name, name_of, published
from learn.choice import PARTS
from learn.ledger import PINS, Ledger, Plan, Said, tell
from learn.models import Digest


@dataclass(frozen=True)
class Settled:
    """A day that is fixed, and what it says now that something of it is gone or has come."""

    row: Digest
    plan: Plan
    said: Said


def rows() -> QuerySet[Digest]:
    return Digest.objects.fixed().annotate(
        **{f"pin_of_{part}": F(pin) for part, pin in PINS.items()}
    )


def broken(today: datetime.date) -> QuerySet[Digest]:
    """Days of which something has no card any more; today's also where a part is missing."""
    query = Q(date=today) & (Q(topic="") | Q(problem="") | Q(case_study=""))
    for part, type_ in TYPES.items():
        cards = Card.objects.filter(type=type_, slug=OuterRef(part))
        query |= ~Q(**{part: ""}) & ~Exists(cards)
    return rows().filter(query, date__lte=today)


def still_published(days: Iterable[Digest]) -> set[Name]:
    """Which has a card of all that these days name."""
    texts = [said for row in days for said in (row.parts["chosen"], row.parts.get("shown")) if said]
    names = {name_of(part, said[part]["slug"]) for said in texts for part in PARTS if said[part]}
    return published(names.union(*(names_of_titles(said) for said in texts)))


def names_of_titles(said: Said) -> set[Name]:
    """What is named besides the parts."""
    return {name_of_title(key) for key in said["titles"]}


def name_of_title(key: str) -> Name:
    type_, slug = key.split("/")
    return type_, slug


def what_it_says(row: Digest, there: set[Name], today: datetime.date) -> Said | None:
    """None if something has to be chosen anew."""
    chosen, shown = row.parts["chosen"], row.parts.get("shown")
    kept = present(chosen, there)
    if row.date == today:
        return chosen if len(kept) == len(PARTS) else None
    gone = {part for part in PARTS if chosen[part] and part not in kept}
    if not gone:
        return chosen
    if shown is None:
        return None
    replaced = {part for part in present(shown, there) if shown[part]["replaced"]}
    return shown if replaced == gone and all(shown[part] == chosen[part] for part in kept) else None


def present(said: Said, there: set[Name]) -> dict[str, Any]:
    """The parts that are published."""
    return {
        part: said[part]
        for part in PARTS
        if said.get(part) and name_of(part, said[part]["slug"]) in there
    }


def settle(
    days: Sequence[Digest], ledger: Ledger, there: set[Name], today: datetime.date
) -> list[Settled]:
    """Choose what is missing: for today as for any new day, for others a replacement."""
    plans, kept = [], []
    for row in days:
        chosen, shown = row.parts["chosen"], row.parts.get("shown") or {}
        stays = present(chosen, there)
        if row.date == today:
            plans.append(ledger.again(today, {part: said["slug"] for part, said in stays.items()}))
        else:
            gone = [part for part in PARTS if chosen[part] and part not in stays]
            stays |= {part: said for part, said in present(shown, there).items() if part in gone}
            slugs = {part: said["slug"] for part, said in stays.items()}
            missing = [part for part in gone if part not in stays]
            plans.append(ledger.repaired(row.date, slugs, missing))
        kept.append(stays)
    return [
        Settled(row, plan, {**said, **_marked(row, said), **stays})
        for row, plan, said, stays in zip(days, plans, tell(plans), kept, strict=True)
    ]


def _marked(row: Digest, said: Said) -> Said:
    """The new parts, with whether they stand in place of another."""
    chosen = row.parts["chosen"]
    return {
        part: said[part] and {**said[part], "replaced": chosen[part] is not None} for part in PARTS
    }


def keep_new(plan: Plan, said: Said, at: datetime.datetime) -> bool:
    """Fix a day whose row is there; False if it was fixed by somebody else."""
    fields = {**columns(plan, said), "parts": {"chosen": said, "at": at.isoformat()}}
    mine = Digest.objects.filter(date=plan.date, fixed_at=None)
    return bool(mine.update(**fields, fixed_at=timezone.now()))


def keep_again(row: Digest, plan: Plan, said: Said) -> bool:
    """Keep what today was chosen to say anew; False if somebody has changed the row meanwhile."""
    return _write(row, {"chosen": said}, columns(plan, said))


def keep_as_it_is(row: Digest) -> bool:
    """Keep when today was introduced otherwise; its parts stay as readers know them."""
    return _write(row, {name: said for name, said in row.parts.items() if name != "at"}, {})


def keep_settled(settled: Settled, today: datetime.date) -> bool:
    """False if nothing is new, or somebody has changed the row meanwhile."""
    row, said = settled.row, settled.said
    chosen, fields = row.parts["chosen"], {}
    if row.date == today:
        # It is today's; what nothing can replace waits to be published again, and what stays keeps
        # its round.
        new = {part for part in PARTS if said[part] and said[part] != chosen[part]}
        chosen = {**said, **{part: chosen[part] for part in PARTS if said[part] is None}}
        fields = {
            name: value
            for name, value in columns(settled.plan, said).items()
            if name.removesuffix("_round") in new
        }
    parts = {"chosen": chosen} if chosen == said else {"chosen": chosen, "shown": said}
    if parts == {name: said for name, said in row.parts.items() if name != "at"}:
        return False
    return _write(row, parts, fields)


def _write(row: Digest, parts: dict[str, Any], fields: dict[str, Any]) -> bool:
    now = timezone.now()
    parts = {**parts, "at": now.isoformat()}
    mine = Digest.objects.filter(pk=row.pk, fixed_at=row.fixed_at)
    return bool(mine.update(**fields, parts=parts, fixed_at=now))


def columns(plan: Plan, said: Said) -> dict[str, Any]:
    slugs = {part: said[part]["slug"] if said[part] else "" for part in PARTS}
    rounds = {f"{part}_round": plan.picks[part].round if slugs[part] else 0 for part in PARTS}
    return slugs | rounds
