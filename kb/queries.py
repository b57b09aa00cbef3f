"""Reads over more than one type that pages and API share."""

from django.db.models import OuterRef, QuerySet, Subquery

from kb.cards import all_cards, cards_about
from kb.document import Document, dump
from kb.models import Card, Revision, StudyPlan, Technique, Topic

MOST_RELATED = 4
# The fields of documents that name other entries, and those that readers may see named.
NAMED = {
    "techniques": Technique.objects.published,
    "topics": Topic.objects.resolvable,
    "prerequisites": Topic.objects.resolvable,
}


def plans_with_topics(plans: list[StudyPlan]) -> list[StudyPlan]:
    """The plans with `shown_chapters`, their published topics, `minutes` and problem counts.

    The chapters must be prefetched; all the rest is one query.
    """
    cards = all_cards()
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


def related_cases(cards: list[Card], slug: str) -> dict:
    """Cases of the same company or with shared techniques, with the reason; topics, problems."""
    own = next((card for card in cards if (card.type, card.slug) == ("case-study", slug)), None)
    if own is None:
        return {"case_studies": [], "topics": [], "problems": []}
    names = {card.slug: card.title for card in cards if card.type == "technique"}
    found = []
    for card in cards:
        if card.type != "case-study" or card.slug == slug:
            continue
        shared = [
            name for name in sorted(set(card.techniques) & set(own.techniques)) if name in names
        ]
        reasons = [f"also at {card.extra['company']}"] * (
            card.extra["company"] == own.extra["company"]
        )
        if shared:
            reasons.append(f"also uses {', '.join(names[name] for name in shared)}")
        if reasons:
            found.append((len(shared) + len(reasons), card.slug, "; ".join(reasons)))
    found.sort(key=lambda item: (-item[0], item[1]))
    published = {card.slug for card in cards if card.type == "topic"}
    return {
        "case_studies": [
            {"slug": other, "reason": reason} for _, other, reason in found[:MOST_RELATED]
        ],
        "topics": [topic for topic in own.topics if topic in published],
        "problems": [card.slug for card in cards_about(cards, case=slug) if card.type == "problem"],
    }


def with_text(entries: QuerySet) -> QuerySet:
    """Published entries with `text`: the document that was published last."""
    last = Revision.objects.filter(
        type=entries.model.TYPE, slug=OuterRef("slug"), number=OuterRef("version")
    )
    return entries.annotate(text=Subquery(last.values("document")))


def public_markdown(document: Document) -> str:
    """The canonical text of a document, without the names of what is not published."""
    shown = {
        name: sorted(NAMED[name]().filter(slug__in=slugs).values_list("slug", flat=True))
        for name in NAMED
        if (slugs := getattr(document, name, []))
    }
    return dump(document.model_copy(update=shown))
