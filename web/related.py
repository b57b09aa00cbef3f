"""What else to read: other published things that share techniques or topics, from their cards."""

from collections import Counter
from collections.abc import Iterable

from kb.models import Card

HEADINGS = {
    "case-study": "Case studies",
    "topic": "Topics",
    "problem": "Problems",
}
MOST_OF_A_TYPE = 4


class Cards:
    """Every card, read once for a page; without the long text that only search needs."""

    def __init__(self) -> None:
        self.all = list(Card.objects.defer("text"))

    def get(self, type_: str, slug: str) -> Card | None:
        return next((card for card in self.all if (card.type, card.slug) == (type_, slug)), None)

    def techniques_of(self, type_: str, slug: str) -> list[Card]:
        own = self.get(type_, slug)
        names = set(own.techniques) if own else set()
        return [card for card in self.all if card.type == "technique" and card.slug in names]

    def using(self, technique: str) -> list[tuple[str, list[Card]]]:
        """Cards of one technique, by heading."""
        return self._grouped(card for card in self.all if technique in card.techniques)

    def near(self, type_: str, slug: str) -> list[tuple[str, list[Card]]]:
        """Cards with the most techniques and topics in common, by heading; the nearest first."""
        own = self.get(type_, slug)
        if own is None:
            return []
        shared: Counter[Card] = Counter()
        for card in self.all:
            if card != own:
                # A topic named outright is nearer than a technique in common.
                shared[card] = len(set(own.techniques) & set(card.techniques)) + 3 * len(
                    set(own.topics) & set(card.topics)
                )
        ranked = sorted(shared, key=lambda card: (-shared[card], card.title))
        return self._grouped((card for card in ranked if shared[card]), MOST_OF_A_TYPE)

    def _grouped(
        self, cards: Iterable[Card], most: int | None = None
    ) -> list[tuple[str, list[Card]]]:
        by_type: dict[str, list[Card]] = {type_: [] for type_ in HEADINGS}
        for card in cards:
            if card.type in by_type:
                by_type[card.type].append(card)
        return [(HEADINGS[type_], found[:most]) for type_, found in by_type.items() if found]
