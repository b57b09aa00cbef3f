"""How pages say a claim: its value in base units, its date, how it was read. No queries."""

from collections.abc import Iterable, Mapping
from typing import Any

from kb.case_render import DOUBTS, date_words
from kb.figures.frame import number

# How a claim or a source was read.
READ = {
    "original": "in the original",
    "abstract-only": "only its opening",
    "secondary": "in a secondary account",
    "unverified": "not verified",
}
# What web/assets/css/claims.css puts behind a claim that was not read in full in the original.
MARKS = {"secondary": "*", "abstract-only": "†", "unverified": "?"}
LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
# Units whose name says nothing beside the name of a quantity.
UNSAID_UNITS = {"count", "score", "fraction"}


def value_words(claim: Mapping[str, Any]) -> str:
    """The value, or the range, in the base unit of its quantity; empty if it has none there."""
    low, high = claim["base_value"], claim["base_value_max"]
    if low is None:
        return ""
    return size_words(low) if high is None else f"{size_words(low)} to {size_words(high)}"


def size_words(value: float) -> str:
    """ "500 billion" for a large round number, which nobody counts the noughts of."""
    for factor, word in LARGE:
        if abs(value) >= factor and float(f"{value:.4g}") == value:
            return f"{number(value / factor)} {word}"
    return number(value)


def base_words(claim: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """The same with the unit, where it says something; `units` are names by slug."""
    words, unit = value_words(claim), claim["quantity"]["base_unit"]
    return words if not words or unit in UNSAID_UNITS else f"{words} {units.get(unit, unit)}"


def shown_claim(claim: Mapping[str, Any], units: Mapping[str, str]) -> dict[str, Any]:
    """A claim with what a table says of it besides."""
    return {
        **claim,
        "value_words": value_words(claim),
        "base": base_words(claim, units),
        "date": date_words(claim["as_of"]),
        "read": READ[claim["confidence"]],
        "doubt": DOUBTS[claim["confidence"]],
    }


def claim_table(
    claims: Iterable[Mapping[str, Any]], sources: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The claims of one case with the number of their source and the claims that disagree."""
    rows = [shown_claim(claim, {}) for claim in claims]
    numbers = {source["key"]: place for place, source in enumerate(sources, 1)}
    texts = {row["key"]: row["text"] for row in rows}
    for row in rows:
        row["source_number"] = numbers.get(row["source"])
        row["conflicts"] = [
            {"key": key, "text": texts[key]} for key in row["conflicts_with"] if key in texts
        ]
    return rows


def doubts_of(claims: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The marks that a text with these claims has, and what they mean."""
    found = {claim["confidence"] for claim in claims}
    return [(mark, DOUBTS[name]) for name, mark in MARKS.items() if name in found]
