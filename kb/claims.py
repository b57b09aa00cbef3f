"""Claims of all published cases, read as plain rows: pages of thousands, and whole exports."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import F, Q, QuerySet

from kb.case_data import LICENSE, claim_url
from kb.models import Claim
from rest.pagination import plain_rows

COLUMNS = (
    *("pk", "key", "case_study__slug"),
    *("quantity__slug", "quantity__name", "quantity__base_unit__slug"),
    *("value", "value_max", "text", "unit__slug", "base_value", "base_value_max"),
    *("scope", "as_of", "kind", "source__key", "locator", "confidence"),
)
Conflicts = Mapping[int, list[str]]


def claim_page(claims: QuerySet[Claim], start: int, size: int) -> tuple[list[dict[str, Any]], int]:
    """Some claims and how many there are in all. Two queries."""
    rows, count = plain_rows(claims, COLUMNS, start, size)
    conflicts = conflicts_of(row[0] for row in rows) if rows else {}
    return [claim_dict(row, conflicts) for row in rows], count


def all_claims() -> Iterator[dict[str, Any]]:
    """Every published claim by case and key, a few at a time. Two queries."""
    conflicts = conflicts_of()
    rows = Claim.objects.published().order_by("case_study__slug", "key").values_list(*COLUMNS)
    for row in rows.iterator(chunk_size=1000):
        yield claim_dict(row, conflicts)


def conflicts_of(claims: Iterable[int] | None = None) -> Conflicts:
    """The keys of those that disagree with each of some claims, whichever side names the other."""
    pairs = Claim.conflicts_with.through.objects.filter(
        from_claim__case_study=F("to_claim__case_study")
    )
    if claims is not None:
        wanted = list(claims)
        pairs = pairs.filter(Q(from_claim__in=wanted) | Q(to_claim__in=wanted))
    found = defaultdict(set)
    for one, other, key, other_key in pairs.values_list(
        "from_claim", "to_claim", "from_claim__key", "to_claim__key"
    ):
        found[one].add(other_key)
        found[other].add(key)
    return {claim: sorted(keys) for claim, keys in found.items()}


def claim_dict(row: tuple[Any, ...], conflicts: Conflicts) -> dict[str, Any]:
    """A claim as the API shows it, from a row of `COLUMNS`."""
    pk, key, case, quantity, name, base_unit, *numbers = row
    value, value_max, text, unit, base_value, base_value_max, *origin = numbers
    scope, as_of, kind, source, locator, confidence = origin
    return {
        "key": key,
        "url": claim_url(case, key),
        "case_study": case,
        "quantity": {"slug": quantity, "name": name, "base_unit": base_unit},
        "value": value,
        "value_max": value_max,
        "text": text,
        "unit": unit,
        "base_value": base_value,
        "base_value_max": base_value_max,
        "scope": scope,
        "as_of": as_of,
        "kind": kind,
        "source": source,
        "locator": locator,
        "confidence": confidence,
        "conflicts_with": conflicts.get(pk, []),
        "license": LICENSE,
    }
