"""Everything published as files: CSV, JSON Lines and BibTeX, made row by row.

Each export is a few queries and a stream: what it needs of memory does not grow with the cases,
save for the names of what is published.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db.models import F, OuterRef, QuerySet, Subquery

from kb import bibtex
from kb.case_data import LICENSE, utc, whole_case
from kb.claims import all_claims
from kb.models import Card, CaseStudy, Source

CHUNK = 65_536
# How many cases are held at a time; their texts are long.
CASES_AT_A_TIME = 20
ROWS_AT_A_TIME = 1000
WORK = ("key", "title", "authors", "publisher", "year", "url", "doi", "confidence", "note")
CASE_COLUMNS = (
    *("slug", "title", "company", "company_name", "domain", "year", "summary", "techniques"),
    *("components", "reading_minutes", "published_at", "updated_at", "url", "license"),
)
CLAIM_COLUMNS = (
    *("key", "url", "case_study", "quantity", "quantity_name", "base_unit", "value", "value_max"),
    *("text", "unit", "base_value", "base_value_max", "scope", "as_of", "kind", "source"),
    *("locator", "confidence", "conflicts_with", "license"),
)
SOURCE_COLUMNS = ("case_study", *WORK, "license")
# With one of these at its beginning a spreadsheet takes a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def case_studies_csv() -> Iterator[bytes]:
    return _csv(CASE_COLUMNS, _case_rows())


def case_studies_jsonl() -> Iterator[bytes]:
    return _json_lines(_whole_cases())


def claims_csv() -> Iterator[bytes]:
    return _csv(CLAIM_COLUMNS, map(_flat_claim, all_claims()))


def claims_jsonl() -> Iterator[bytes]:
    return _json_lines(all_claims())


def sources_csv() -> Iterator[bytes]:
    return _csv(SOURCE_COLUMNS, _sources())


def sources_jsonl() -> Iterator[bytes]:
    return _json_lines(_sources())


def sources_bib() -> Iterator[bytes]:
    """Keys are those of the case and of its source: unique, and the same at every export."""
    return _chunks(
        [f"% The sources of Casebook's case studies. {LICENSE}\n"],
        (
            "\n" + bibtex.entry(f"{row['case_study']}:{row['key']}", row, _doubt(row["confidence"]))
            for row in _sources()
        ),
    )


def _doubt(confidence: str) -> str:
    label = str(Source.Confidence(confidence).label)
    return "" if confidence == Source.Confidence.ORIGINAL else label.capitalize()


def _case_rows() -> Iterator[dict[str, Any]]:
    techniques = {slug for type_, slug in _published() if type_ == "technique"}
    rows = _cases().annotate(
        company_slug=F("company__slug"), company_name=F("company__title"), extra=_card("extra")
    )
    for row in rows.values(
        *("slug", "title", "company_slug", "company_name", "domain", "year", "summary", "named"),
        *("extra", "reading_minutes", "published_at", "updated_at"),
    ).iterator(chunk_size=ROWS_AT_A_TIME):
        yield row | {
            "company": row["company_slug"],
            "techniques": [slug for slug in row["named"] or [] if slug in techniques],
            "components": sorted((row["extra"] or {}).get("components", {})),
            "published_at": utc(row["published_at"]),
            "updated_at": utc(row["updated_at"]),
            "url": f"/cases/{row['slug']}/",
            "license": LICENSE,
        }


def _whole_cases() -> Iterator[dict[str, Any]]:
    published = _published()
    cases = _cases().select_related("company").defer("body", "company__rendered")
    for case in cases.iterator(chunk_size=CASES_AT_A_TIME):
        techniques = [slug for slug in case.named or [] if ("technique", slug) in published]
        yield whole_case(case, techniques, lambda type_, slug: (type_, slug) in published)


def _cases() -> QuerySet[CaseStudy]:
    """Published cases with `named`: the techniques that their cards name."""
    return CaseStudy.objects.published().annotate(named=_card("techniques")).order_by("slug")


def _card(column: str) -> Subquery:
    cards = Card.objects.filter(type=CaseStudy.TYPE, slug=OuterRef("slug"))
    return Subquery(cards.values(column))


def _published() -> set[tuple[str, str]]:
    """Type and slug of everything that readers see."""
    return set(Card.objects.order_by().values_list("type", "slug"))


def _flat_claim(claim: dict[str, Any]) -> dict[str, Any]:
    quantity = claim["quantity"]
    return claim | {
        "quantity": quantity["slug"],
        "quantity_name": quantity["name"],
        "base_unit": quantity["base_unit"],
    }


def _sources() -> Iterator[dict[str, Any]]:
    rows = Source.objects.filter(case_study__in=CaseStudy.objects.published())
    rows = rows.order_by("case_study__slug", "position", "pk")
    for case, *values in rows.values_list("case_study__slug", *WORK).iterator(
        chunk_size=ROWS_AT_A_TIME
    ):
        yield {"case_study": case, **dict(zip(WORK, values, strict=True)), "license": LICENSE}


def _json_lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    kept = bytearray()
    for row in rows:
        kept += orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        if len(kept) >= CHUNK:
            yield bytes(kept)
            kept.clear()
    if kept:
        yield bytes(kept)


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """RFC 4180: a header, commas, CRLF, quotes where they are needed; UTF-8."""
    line = io.StringIO()
    writer = csv.writer(line)

    def written(cells: list[str] | tuple[str, ...]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue()

    texts = (written([_cell(row[column]) for column in columns]) for row in rows)
    return _chunks([written(columns)], texts)


def _cell(value: Any) -> str:
    """A value as it stands in a cell: lists comma-separated, what is not there empty.

    Texts that a spreadsheet would take for formulas begin with an apostrophe; numbers never do.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return format(value, ".15g")
    text = ",".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _chunks(head: list[str], texts: Iterable[str]) -> Iterator[bytes]:
    kept, size = head, 0
    for text in texts:
        kept.append(text)
        size += len(text)
        if size >= CHUNK:
            yield "".join(kept).encode()
            kept, size = [], 0
    if kept:
        yield "".join(kept).encode()
