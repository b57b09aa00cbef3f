"""A case as the API and the exports show it: made of columns and of what `rendered` keeps."""

import datetime
from collections.abc import Callable
from typing import Any

from kb.cards import without_links
from kb.models import CaseStudy

LICENSE = "CC BY 4.0"
# Whether readers see the entry of a type and a slug.
IsPublished = Callable[[str, str], bool]


def case_item(case: CaseStudy, techniques: list[str]) -> dict[str, Any]:
    """What a list shows of a case, whose company must be loaded."""
    return {
        "slug": case.slug,
        "title": case.title,
        "company": {"slug": case.company.slug, "name": case.company.title},
        "domain": case.domain,
        "year": case.year,
        "summary": case.summary,
        "techniques": techniques,
        "reading_minutes": case.reading_minutes,
        "published_at": utc(case.published_at),
        "updated_at": utc(case.updated_at),
        "license": LICENSE,
    }


def whole_case(case: CaseStudy, techniques: list[str], is_published: IsPublished) -> dict[str, Any]:
    """All that readers see of a case, save its HTML in one piece and what is related to it."""
    kept = case.rendered

    def linked(text: str) -> str:
        return without_links(text, is_published)

    return case_item(case, techniques) | {
        "teaser": case.teaser,
        "sections": [
            section | {"markdown": linked(section["markdown"])} for section in kept["sections"]
        ],
        "architecture": kept["architecture"],
        "claims": case_claims(case),
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


def case_claims(case: CaseStudy) -> list[dict[str, Any]]:
    """The claims of a case in its order, as `kb.claims` gives those of all cases."""
    return [
        {"key": claim["key"], "url": claim_url(case.slug, claim["key"]), "case_study": case.slug}
        | {name: value for name, value in claim.items() if name != "is_in_text"}
        for claim in case.rendered["claims"]
    ]


def claim_url(case: str, key: str) -> str:
    """Where a claim stands: in the text or, if that never mentions it, in the list of claims."""
    return f"/cases/{case}/#claim-{key}"


def utc(time: datetime.datetime | None) -> str | None:
    """A time as the API writes it; the database gives times of UTC."""
    return time.isoformat().replace("+00:00", "Z") if time else None
