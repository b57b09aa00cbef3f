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


def all_cards() -> list[Card]:
    """Every card, without the long text that only search needs."""
    return list(Card.objects.defer("text"))


def cards_about(
    cards: list[Card], *, topic: str = "", technique: str = "", case: str = ""
) -> list[Card]:
    """The cards that name a topic, a technique or a case, problems in catalogue order."""
    found = [
        card
        for card in cards
        if (topic and topic in card.topics)
        or (technique and technique in card.techniques)
        or (case and case in card.extra.get("cases", []))
    ]
    return sorted(found, key=lambda card: (card.type, card.extra.get("position", 0), card.slug))


def techniques_of(cards: list[Card], entry: Entry) -> list[str]:
    """The published techniques of a published entry."""
    own = _own(cards, entry)
    return _published(cards, "technique", own.techniques if own else [])


def cases_of(cards: list[Card], entry: Entry) -> list[str]:
    """The published cases that a published entry names."""
    own = _own(cards, entry)
    return _published(cards, "case-study", own.extra.get("cases", []) if own else [])


def _own(cards: list[Card], entry: Entry) -> Card | None:
    return next(
        (card for card in cards if (card.type, card.slug) == (entry.TYPE, entry.slug)), None
    )


def _published(cards: list[Card], entry_type: str, slugs: list[str]) -> list[str]:
    published = {card.slug for card in cards if card.type == entry_type}
    return sorted(slug for slug in slugs if slug in published)
