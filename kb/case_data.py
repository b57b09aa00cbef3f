"""A case as the API and the exports show it: made of columns and of what `rendered` keeps."""

import datetime
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet

from kb.cards import without_links
from kb.models import CaseStudy, State
from rest.pagination import plain_rows

LICENSE = "CC BY 4.0"
ITEM = (
    *("pk", "slug", "title", "company__slug", "company__title", "domain", "year", "summary"),
    *("reading_minutes", "published_at", "updated_at"),
)
# Whether readers see the entry of a type and a slug.
IsPublished = Callable[[str, str], bool]


def case_page(
    cases: QuerySet[CaseStudy], start: int, size: int
) -> tuple[list[dict[str, Any]], int]:
    """What a list shows of some cases, and how many there are in all. Two queries."""
    rows, count = plain_rows(cases, ITEM, start, size)
    techniques = techniques_of([row[0] for row in rows])
    return [case_item(row, techniques.get(row[0], [])) for row in rows], count


def techniques_of(cases: list[int]) -> dict[int, list[str]]:
    """The published techniques of some cases, by slug."""
    found: dict[int, list[str]] = {}
    published = Q(technique__state=State.PUBLISHED, technique__draft_of=None)
    named = CaseStudy.techniques.through.objects.filter(published, casestudy__in=cases)
    for case, slug in named.order_by("technique__slug").values_list(
        "casestudy_id", "technique__slug"
    ):
        found.setdefault(case, []).append(slug)
    return found


def case_item(row: tuple[Any, ...], techniques: list[str]) -> dict[str, Any]:
    """What a list shows of a case, from a row of `ITEM`."""
    _, slug, title, company, name, domain, year, summary, minutes, published_at, updated_at = row
    return {
        "slug": slug,
        "title": title,
        "company": {"slug": company, "name": name},
        "domain": domain,
        "year": year,
        "summary": summary,
        "techniques": techniques,
        "reading_minutes": minutes,
        "published_at": utc(published_at),
        "updated_at": utc(updated_at),
        "license": LICENSE,
    }


def whole_case(case: CaseStudy, techniques: list[str], is_published: IsPublished) -> dict[str, Any]:
    """All that readers see of a case, save its HTML in one piece and what is related to it.

    Its company must be loaded.
    """
    kept, item = case.rendered, attrgetter(*(name.replace("__", ".") for name in ITEM))(case)

    def linked(text: str) -> str:
        return without_links(text, is_published)

    return case_item(item, techniques) | {
        "teaser": case.teaser,
        "readers": case.readers,
        "sections": [
            section | {"markdown": linked(section["markdown"])} for section in kept["sections"]
        ],
        "architecture": kept["architecture"],
        "claims": case_claims(case.slug, kept),
        "sources": kept["sources"],
        "lessons": [linked(text) for text in case.lessons],
        "negative_results": [linked(text) for text in case.negative_results],
        "not_public": [linked(text) for text in case.not_public],
        "questions": [
            {name: linked(text) for name, text in question.items()} for question in case.questions
        ],
        "audience": {
            "student": linked(case.audience_student),
            "engineer": linked(case.audience_engineer),
            "researcher": linked(case.audience_researcher),
        },
        "links": [link for link in kept["links"] if is_published(case.TYPE, link["case_study"])],
        "experiments": [
            experiment | {"text": linked(experiment["text"])} for experiment in kept["experiments"]
        ],
        "version": case.version,
        "reviewed_at": utc(case.reviewed_at),
    }


def case_claims(case: str, rendered: dict[str, Any]) -> list[dict[str, Any]]:
    """The claims of a case in its order, as `kb.claims` gives those of all cases."""
    return [
        {"key": claim["key"], "url": claim_url(case, claim["key"]), "case_study": case}
        | {name: value for name, value in claim.items() if name != "is_in_text"}
        for claim in rendered["claims"]
    ]


def claim_url(case: str, key: str) -> str:
    """Where a claim stands: in the text or, if that never mentions it, in the list of claims."""
    return f"/cases/{case}/#claim-{key}"


def utc(time: datetime.datetime | None) -> str | None:
    """A time as the API writes it; the database gives times of UTC."""
    return time.isoformat().replace("+00:00", "Z") if time else None
