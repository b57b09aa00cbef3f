"""Reads over more than one type that pages and API share."""

from kb.cards import cards_about
from kb.models import Card, StudyPlan, Topic

MOST_RELATED = 4


def plans_with_topics(plans: list[StudyPlan]) -> list[StudyPlan]:
    """The plans with `shown_chapters`, their published topics, `minutes` and problem counts."""
    topics = (
        Topic.objects.published()
        .filter(chapter__plan__in=plans)
        .only("slug", "title", "summary", "minutes", "chapter", "position", "state", "draft_of")
    )
    by_chapter: dict[int, list[Topic]] = {}
    for topic in topics:
        by_chapter.setdefault(topic.chapter_id, []).append(topic)
    problem_counts = _problem_counts()
    for plan in plans:
        plan.shown_chapters = list(plan.chapters.all())
        plan.minutes = 0
        for chapter in plan.shown_chapters:
            chapter.shown_topics = by_chapter.get(chapter.pk, [])
            for topic in chapter.shown_topics:
                topic.problem_count = problem_counts.get(topic.slug, 0)
                plan.minutes += topic.minutes
    return plans


def _problem_counts() -> dict[str, int]:
    """Problems by home topic."""
    counts: dict[str, int] = {}
    for topics in Card.objects.filter(type="problem").values_list("topics", flat=True):
        for slug in topics[:1]:
            counts[slug] = counts.get(slug, 0) + 1
    return counts


def related_cases(slug: str) -> dict:
    """Cases of the same company or with shared techniques, with the reason; topics, problems."""
    cards = list(Card.objects.defer("text"))
    own = next((card for card in cards if (card.type, card.slug) == ("case-study", slug)), None)
    if own is None:
        return {"case_studies": [], "topics": [], "problems": []}
    names = {card.slug: card.title for card in cards if card.type == "technique"}
    found = []
    for card in cards:
        if card.type != "case-study" or card.slug == slug:
            continue
        shared = sorted(set(card.techniques) & set(own.techniques))
        reasons = [f"also at {card.extra['company']}"] * (
            card.extra["company"] == own.extra["company"]
        )
        if shared:
            reasons.append(f"also uses {', '.join(names.get(name, name) for name in shared)}")
        if reasons:
            found.append((len(shared) + len(reasons), card.slug, "; ".join(reasons)))
    found.sort(key=lambda item: (-item[0], item[1]))
    published = {card.slug for card in cards if card.type == "topic"}
    return {
        "case_studies": [
            {"slug": other, "reason": reason} for _, other, reason in found[:MOST_RELATED]
        ],
        "topics": [topic for topic in own.topics if topic in published],
        "problems": [card.slug for card in cards_about(case=slug) if card.type == "problem"],
    }

