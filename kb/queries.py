"""Reads over more than one type that pages and API share."""

from collections import defaultdict

from django.db.models import OuterRef, QuerySet, Subquery, Value

from kb.cards import LINK, Cards, without_links
from kb.document import Document, dump
from kb.markup import LINKED_TYPES
from kb.models import Card, CaseStudy, Company, Revision, StudyPlan, Technique, Topic

# The fields of documents that name other entries, and the type of those.
NAMED = {"techniques": "technique", "topics": "topic", "prerequisites": "topic"}
MODELS = {model.TYPE: model for model in (CaseStudy, Company, StudyPlan, Technique, Topic)}


def plans_with_topics(plans: list[StudyPlan]) -> list[StudyPlan]:
    """The plans with `shown_chapters`, their published topics, `minutes` and problem counts.

    The chapters must be prefetched; all the rest is one query.
    """
    cards = Cards().all
    problem_counts = _problem_counts(cards)
    topics = sorted(
        (card for card in cards if card.type == "topic"), key=lambda card: card.extra["position"]
    )
    for plan in plans:
        plan.shown_chapters = list(plan.chapters.all())
        plan.minutes = 0
        for chapter in plan.shown_chapters:
            chapter.shown_topics = [
                {
                    "slug": card.slug,
                    "title": card.title,
                    "minutes": card.extra["minutes"],
                    "problem_count": problem_counts.get(card.slug, 0),
                }
                for card in topics
                if (card.extra["plan"], card.extra["chapter"]) == (plan.slug, chapter.slug)
            ]
            plan.minutes += sum(topic["minutes"] for topic in chapter.shown_topics)
    return plans


def _problem_counts(cards: list[Card]) -> dict[str, int]:
    """Problems by home topic."""
    counts: dict[str, int] = {}
    for card in cards:
        if card.type == "problem":
            for slug in card.topics[:1]:
                counts[slug] = counts.get(slug, 0) + 1
    return counts


def with_text(entries: QuerySet) -> QuerySet:
    """Published entries with `text`: the document that was published last."""
    last = Revision.objects.filter(
        type=entries.model.TYPE, slug=OuterRef("slug"), number=OuterRef("version")
    )
    return entries.annotate(text=Subquery(last.values("document")))


def public_markdown(document: Document) -> str:
    """The canonical text of a document, without the names of what is not published."""
    text = dump(document)
    linked = [(LINKED_TYPES[kind], slug) for _, kind, slug in LINK.findall(text)]
    links = getattr(document, "links", [])
    linked += [("case-study", link.case_study) for link in links]
    named = [(type_, slug) for name, type_ in NAMED.items() for slug in getattr(document, name, [])]
    known = resolvable([*linked, *named])
    shown = {
        name: [slug for slug in getattr(document, name) if (type_, slug) in known]
        for name, type_ in NAMED.items()
        if hasattr(document, name)
    }
    if links:
        shown["links"] = [link for link in links if ("case-study", link.case_study) in known]
    return without_links(
        dump(document.model_copy(update=shown)), lambda type_, slug: (type_, slug) in known
    )


def resolvable(names: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of some types and slugs that are published or planned; one query for all."""
    slugs = defaultdict(set)
    for type_, slug in names:
        slugs[type_].add(slug)
    found = [
        MODELS[type_]
        .objects.resolvable()
        .filter(slug__in=slugs[type_])
        .order_by()
        .values_list(Value(type_), "slug")
        for type_ in slugs
    ]
    return set(found[0].union(*found[1:])) if found else set()
