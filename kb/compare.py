"""Two to four cases side by side: what they share, and the same quantities in base units."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kb.case_data import ITEM, case_claims, case_item, techniques_of
from kb.errors import UnknownReference
from kb.fields import CONFIDENCES
from kb.models import CaseStudy

FEWEST, MOST = 2, 4


def compare(slugs: list[str]) -> dict[str, Any]:
    """The comparison of some published cases, as the API shows it, in their order. Two queries.

    Raises UnknownReference.
    """
    # PostgreSQL cannot be asked about a NUL character.
    askable = [slug for slug in slugs if "\0" not in slug]
    rows = {
        row[1]: row
        for row in CaseStudy.objects.published()
        .filter(slug__in=askable)
        .values_list(*ITEM, "rendered")
    }
    if missing := [slug for slug in slugs if slug not in rows]:
        raise UnknownReference(f"There is no case study {', '.join(map(repr, missing))}.", missing)
    named = techniques_of([row[0] for row in rows.values()])
    items = [case_item(rows[slug][:-1], named.get(rows[slug][0], [])) for slug in slugs]
    kept = {slug: rows[slug][-1] for slug in slugs}
    components = {
        slug: sorted({part["component"] for part in kept[slug]["architecture"]["components"]})
        for slug in slugs
    }
    return {
        "case_studies": items,
        "components": in_common(components),
        "techniques": in_common({item["slug"]: item["techniques"] for item in items}),
        "claims": same_quantities({slug: case_claims(slug, kept[slug]) for slug in slugs}),
    }


def in_common(words: Mapping[str, list[str]]) -> dict[str, Any]:
    """Which words all cases have, which only one has, and which some of them, but not all."""
    number = Counter(word for own in words.values() for word in own)
    some = sorted(word for word in number if 1 < number[word] < len(words))
    return {
        "shared": sorted(word for word in number if number[word] == len(words)),
        "only": {case: [word for word in own if number[word] == 1] for case, own in words.items()},
        "some": [
            {"slug": word, "case_studies": [case for case, own in words.items() if word in own]}
            for word in some
        ],
    }


def same_quantities(claims: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The quantities of which at least two cases have claims; those of most cases first.

    Of several claims of one case and quantity one stands beside those of the others: of the kind
    that most of the cases have, then the best read, then the newest, then the first of the text.
    """
    by_quantity: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for case, own in claims.items():
        for claim in own:
            of_quantity = by_quantity.setdefault(claim["quantity"]["slug"], {})
            of_quantity.setdefault(case, []).append(claim)
    rows = [_row(of_cases) for of_cases in by_quantity.values() if len(of_cases) > 1]
    return sorted(rows, key=lambda row: (-len(row["values"]), row["quantity"]))


def _row(of_cases: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    kinds = Counter(kind for own in of_cases.values() for kind in {claim["kind"] for claim in own})
    ordered = {case: _best_first(own, kinds) for case, own in of_cases.items()}
    quantity = next(iter(ordered.values()))[0]["quantity"]
    return {
        "quantity": quantity["slug"],
        "name": quantity["name"],
        "unit": quantity["base_unit"],
        "values": {case: best for case, (best, *_) in ordered.items()},
        "others": {case: others for case, (_, *others) in ordered.items() if others},
    }


def _best_first(claims: list[dict[str, Any]], kinds: Counter) -> list[dict[str, Any]]:
    # Sorting is stable: what is equal keeps its order.
    newest = sorted(claims, key=lambda claim: claim["as_of"], reverse=True)
    return sorted(
        newest,
        key=lambda claim: (-kinds[claim["kind"]], CONFIDENCES.index(claim["confidence"])),
    )
