"""The pages of case studies: the list, one case, and a few side by side."""

from typing import Any

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from kb.cards import Cards, Related
from kb.compare import FEWEST, MOST, compare
from kb.errors import UnknownReference
from kb.linkchecks.checks import link_states
from kb.models import CaseStudy, ComponentType, Technique, Unit
from kb.vocabulary import DOMAINS
from web.claims import claim_table, doubts_of, shown_claim
from web.filters import CaseFilters
from web.rows import case_list, groups_of

CASES_ON_A_PAGE = 50
# How a case stands to another, said of the other: by a link of this one, and by one of the other.
OWN_LINKS = {
    "supersedes": "replaces",
    "builds-on": "builds on",
    "influenced": "influenced",
}
THEIR_LINKS = {
    "supersedes": "replaced by",
    "builds-on": "built on by",
    "influenced": "influenced by",
}


@require_safe
def case_studies(request):
    filters = CaseFilters(request.GET.dict())
    fitting = filters.fitting()
    page = Paginator(fitting, CASES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "web/cases.html",
        {
            "section": "cases",
            "cases": case_list().filter(pk__in=page.object_list),
            "page": page,
            "found": len(fitting),
            "total": filters.total,
            "filters": filters.groups(),
            "chosen": filters.chosen,
            "filter_query": filters.query,
            "can_compare": filters.total >= FEWEST,
        },
    )


@require_safe
def case_study(request, slug):
    cases = CaseStudy.objects.published().select_related("company")
    return case_study_page(request, get_object_or_404(cases, slug=slug))


def case_study_page(request, case):
    """The page of a case study, published or in preview."""
    cards = Cards()
    rendered = case.rendered
    sections = rendered["sections"]
    architecture = rendered["architecture"]
    # A draft may have components before it has a section about them.
    is_told = any(part["key"] == "architecture" for part in sections)
    picture_section = "architecture" if is_told else "picture"
    sources = with_links(rendered["sources"])
    claims = claim_table(rendered["claims"], sources)
    outline = [{"key": part["key"], "title": part["title"]} for part in sections]
    outline += [
        {"key": key, "title": title}
        for key, title, shown in [
            ("picture", "Architecture", architecture["components"] and not is_told),
            ("lessons", "What to take away", rendered["lessons"]),
            ("negative-results", "What did not work", rendered["negative_results"]),
            ("not-public", "What is not public", rendered["not_public"]),
            ("questions", "Check yourself", rendered["questions"]),
            ("audience", "In your own project", any(rendered["audience"].values())),
            ("numbers", "Every number", rendered["claims"]),
            ("sources", "Sources", sources),
        ]
        if shown
    ]
    links = links_of(case, cards)
    return render(
        request,
        "web/case.html",
        {
            "section": "cases",
            "case": case,
            "rendered": rendered,
            "outline": outline,
            "picture_section": picture_section,
            "components": architecture["components"],
            "flows": flows_by_name(architecture),
            "claims": claims,
            "doubts": doubts_of(claims),
            "sources": sources,
            "techniques": cards.techniques_of(CaseStudy.TYPE, case.slug),
            "links": links,
            "newer": [link["card"] for link in links if link["is_newer"]],
            "groups": groups_of(without_linked(cards.near(CaseStudy.TYPE, case.slug), links)),
        },
    )


def flows_by_name(architecture: dict[str, Any]) -> list[dict[str, Any]]:
    names = {part["key"]: part["name"] for part in architecture["components"]}
    return [
        flow | {end: names.get(flow[end], flow[end]) for end in ("from", "to")}
        for flow in architecture["flows"]
    ]


def with_links(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sources with what is known of their addresses as `link`. One query."""
    states = link_states(source["url"] for source in sources)
    return [source | {"link": states.get(source["url"])} for source in sources]


def links_of(case: CaseStudy, cards: Cards) -> list[dict[str, Any]]:
    """The published cases that a case names or is named by, and how they stand to it."""
    relations: dict[str, list[str]] = {}
    for link in case.rendered["links"]:
        relations.setdefault(link["case_study"], []).append(OWN_LINKS[link["relation"]])
    for card in cards.all:
        if card.type == CaseStudy.TYPE and case.slug in card.extra.get("links", {}):
            theirs = THEIR_LINKS[card.extra["links"][case.slug]]
            relations.setdefault(card.slug, []).append(theirs)
    return [
        {"card": card, "relation": "; ".join(words), "is_newer": THEIR_LINKS["supersedes"] in words}
        for slug, words in relations.items()
        if (card := cards.get(CaseStudy.TYPE, slug))
    ]


def without_linked(related: list[Related], links: list[dict[str, Any]]) -> list[Related]:
    linked = {link["card"].pk for link in links}
    return [other for other in related if other.card.pk not in linked]


@require_safe
def compare_cases(request):
    """Two to four cases side by side; `slug` may stand several times or hold several, by commas."""
    wanted = [part.strip() for text in request.GET.getlist("slug") for part in text.split(",")]
    slugs = list(dict.fromkeys(filter(None, wanted)))
    context = {"section": "cases", "slugs": ",".join(slugs)}
    try:
        if not FEWEST <= len(slugs) <= MOST:
            number = {0: "none is", 1: "only one is"}.get(len(slugs), "more are")
            raise UnknownReference(f"Two to four cases can be compared; {number} chosen.", [])
        context |= _comparison(slugs)
    except UnknownReference as exc:
        context["problem"] = str(exc)
        return render(request, "web/compare.html", context, status=400 if slugs else 200)
    return render(request, "web/compare.html", context)


def _comparison(slugs: list[str]) -> dict[str, Any]:
    """What the page shows of a comparison, in words. Five queries. Raises UnknownReference."""
    made = compare(slugs)
    components = dict(
        ComponentType.objects.filter(slug__in=_words(made["components"])).values_list(
            "slug", "name"
        )
    )
    techniques = dict(
        Technique.objects.published()
        .filter(slug__in=_words(made["techniques"]))
        .values_list("slug", "title")
    )
    units = dict(Unit.objects.values_list("slug", "name"))

    def in_words(title: str, part: dict[str, Any], names: dict[str, str], address: str):
        def word(slug: str) -> dict[str, str]:
            return {"title": names.get(slug, slug), "url": address.format(slug)}

        return {
            "title": title,
            "shared": [word(slug) for slug in part["shared"]],
            "some": [
                word(some["slug"]) | {"has": [slug in some["case_studies"] for slug in slugs]}
                for some in part["some"]
            ],
            "only": [[word(one) for one in part["only"][slug]] for slug in slugs],
        }

    return {
        "cases": [
            case | {"domain_name": DOMAINS[case["domain"]].name} for case in made["case_studies"]
        ],
        "columns": len(slugs) + 1,
        "parts": [
            in_words("Components", made["components"], components, "/cases/?component={}"),
            in_words("Techniques", made["techniques"], techniques, "/techniques/{}/"),
        ],
        "quantities": [
            {
                "name": row["name"],
                "slug": row["quantity"],
                "cells": [
                    [
                        shown_claim(claim, units)
                        for claim in [row["values"].get(slug), *row["others"].get(slug, [])]
                        if claim
                    ]
                    for slug in slugs
                ],
            }
            for row in made["claims"]
        ],
    }


def _words(part: dict[str, Any]) -> set[str]:
    """Every word of a part of a comparison."""
    only = [word for words in part["only"].values() for word in words]
    return {*part["shared"], *only, *(some["slug"] for some in part["some"])}
