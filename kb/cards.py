"""Cards: what search, home and related lists know of each published thing."""

from kb import search
from kb.models import Card
from kb.models.entry import Entry


def put_card(entry: Entry) -> None:
    """Write the card of a published entry; call it in the publishing transaction."""
    card, _ = Card.objects.update_or_create(
        type=entry.TYPE,
        slug=entry.slug,
        defaults={
            "title": entry.title,
            "summary": entry.summary,
            "url": entry.get_absolute_url(),
            "text": entry.card_text(),
            "techniques": entry.card_techniques(),
            "topics": entry.card_topics(),
            "extra": entry.card_extra(),
        },
    )
    search.index(card)


def drop_card(entry: Entry) -> None:
    for card in Card.objects.filter(type=entry.TYPE, slug=entry.slug):
        search.drop(card.pk)
        card.delete()


def cards_about(*, topic: str = "", technique: str = "", case: str = "") -> list[Card]:
    """Every card that names a topic, a technique or a case, problems in catalogue order."""
    found = Card.objects.defer("text")
    cards = [
        card
        for card in found
        if (topic and topic in card.topics)
        or (technique and technique in card.techniques)
        or (case and case in card.extra.get("cases", []))
    ]
    return sorted(cards, key=lambda card: (card.type, card.extra.get("position", 0), card.slug))
