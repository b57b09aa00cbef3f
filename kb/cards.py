"""Cards: what search, home and related lists know of each published thing."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from kb import search
from kb.markup import LINKED_TYPES
from kb.models import Card
from kb.models.entry import Entry

RELATED_TYPES = ("case-study", "topic", "problem")
MOST_RELATED = 4
# A topic in common says more than a technique in common, and a component says little: most systems
# have a model and a store.
TOPIC_WEIGHT, TECHNIQUE_WEIGHT, COMPONENT_WEIGHT, COMPANY_WEIGHT = 3.0, 1.0, 0.25, 1.0
MOST_COMPONENTS = 3
# How one case stands to another, said beside the other: of a link of this one, and of the other's.
OWN_LINKS = {
    "supersedes": "superseded by this case study",
    "builds-on": "this case study builds on it",
    "influenced": "influenced by this case study",
}
THEIR_LINKS = {
    "supersedes": "supersedes this case study",
    "builds-on": "builds on this case study",
    "influenced": "influenced this case study",
}
# An internal link of Markdown: its words, the kind and the slug of what it leads to.
LINK = re.compile(r"\[([^\[\]]*)\]\((case|topic|technique|company|plan):([a-z0-9-]+)\)")


def put_card(entry: Entry) -> None:
    """Write the card of a published entry; call it in the publishing transaction."""
    card, _ = Card.objects.update_or_create(
        type=entry.TYPE, slug=entry.slug, defaults=_fields_of(entry)
    )
    search.index(card)


def has_its_card(entry: Entry) -> bool:
    """Whether the card of a published entry says what this release would have it say."""
    fields = _fields_of(entry)
    card = Card.objects.filter(type=entry.TYPE, slug=entry.slug).values(*fields).first()
    return card == fields


def _fields_of(entry: Entry) -> dict:
    return {
        "title": entry.title,
        "summary": entry.summary,
        "url": entry.get_absolute_url(),
        "text": entry.card_text(),
        "techniques": entry.card_techniques(),
        "topics": entry.card_topics(),
        "digest": entry.card_digest(),
        "extra": entry.card_extra(),
    }


def drop_card(entry: Entry) -> None:
    for card in Card.objects.filter(type=entry.TYPE, slug=entry.slug):
        search.drop(card.pk)
        card.delete()


def without_links(text: str, may_stay: Callable[[str, str], bool]) -> str:
    """A Markdown text whose internal links are plain words, save those to a type and slug that
    may stay."""
    return LINK.sub(
        lambda found: found[0] if may_stay(LINKED_TYPES[found[2]], found[3]) else found[1], text
    )


@dataclass(frozen=True)
class Related:
    """A card beside another, and why it stands there."""

    card: Card
    reason: str = ""
    # One names the other, which nothing that they share outweighs.
    is_named: bool = False
    weight: float = 0.0


class Cards:
    """Every card, read once for a request, without the texts that only search and digest need.

    What has no card is not published, so that nothing here names a draft.
    """

    @cached_property
    def all(self) -> list[Card]:
        return list(Card.objects.defer("text", "digest"))

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Card]:
        return {(card.type, card.slug): card for card in self.all}

    def get(self, type_: str, slug: str) -> Card | None:
        return self._by_name.get((type_, slug))

    def published(self, type_: str, slugs: list[str]) -> list[Card]:
        """The cards of some entries of a type, by slug; without those that have none."""
        return [card for slug in sorted(set(slugs)) if (card := self.get(type_, slug))]

    def techniques_of(self, type_: str, slug: str) -> list[Card]:
        own = self.get(type_, slug)
        return self.published("technique", own.techniques) if own else []

    def cases_of(self, type_: str, slug: str) -> list[Card]:
        """The cases that an entry names."""
        own = self.get(type_, slug)
        return self.published("case-study", own.extra.get("cases", [])) if own else []

    def linked(self, text: str) -> str:
        """A Markdown text in which links to what is not published are plain words."""
        return without_links(text, lambda type_, slug: self.get(type_, slug) is not None)

    def about(self, *, topic: str = "", technique: str = "", case: str = "") -> list[Card]:
        """The cards that name a topic, a technique or a case: problems in catalogue order."""
        found = [
            card
            for card in self.all
            if (topic and topic in card.topics)
            or (technique and technique in card.techniques)
            or (case and case in card.extra.get("cases", []))
        ]
        return sorted(found, key=lambda card: (card.type, card.extra.get("position", 0), card.slug))

    def near(self, type_: str, slug: str) -> list[Related]:
        """Cases, topics and problems that have something in common with an entry, and what.

        The nearest first; of each type four, and all that name the entry or are named by it.
        """
        own = self.get(type_, slug)
        if own is None:
            return []
        found = [
            self._related(own, other)
            for other in self.all
            if other.type in RELATED_TYPES and other != own
        ]
        found = sorted(
            (related for related in found if related.reason),
            key=lambda related: (
                *(not related.is_named, -related.weight, related.card.title, related.card.slug),
            ),
        )
        kept: dict[str, int] = dict.fromkeys(RELATED_TYPES, 0)
        near = []
        for related in found:
            kept[related.card.type] += 1
            if related.is_named or kept[related.card.type] <= MOST_RELATED:
                near.append(related)
        return near

    def _related(self, own: Card, other: Card) -> Related:
        reasons, weight = _links(own, other), 0.0
        is_linked = bool(reasons)
        noun = own.type.replace("-", " ")
        is_named, names = _names(own, other), _names(other, own)
        if is_named:
            reasons.append(f"background to this {noun}")
        elif names:
            verb = "practises" if (other.type, own.type) == ("problem", "topic") else "names"
            reasons.append(f"{verb} this {noun}")
        company = own.extra.get("company")
        if company and company == other.extra.get("company"):
            reasons.append(f"also at {company}")
            weight += COMPANY_WEIGHT
        themselves = {card.slug for card in (own, other) if card.type == "topic"}
        topics = self._titles("topic", set(own.topics) & set(other.topics) - themselves)
        if topics:
            reasons.append(f"also about {', '.join(topics)}")
        techniques = self._titles("technique", set(own.techniques) & set(other.techniques))
        if techniques:
            reasons.append(f"also uses {', '.join(techniques)}")
        components = self._components(own, other)
        if components:
            more = len(components) - MOST_COMPONENTS
            shown = ", ".join(components[:MOST_COMPONENTS])
            reasons.append(f"also has {shown}{f' and {more} more' if more > 0 else ''}")
        weight += TOPIC_WEIGHT * len(topics) + TECHNIQUE_WEIGHT * len(techniques)
        weight += COMPONENT_WEIGHT * len(components)
        return Related(other, "; ".join(reasons), is_linked or is_named or names, weight)

    def _components(self, own: Card, other: Card) -> list[str]:
        """The names of the components that two cases have, those of the fewest cases first."""
        names = own.extra.get("components", {})
        both = names.keys() & other.extra.get("components", {}).keys()
        return [names[slug] for slug in sorted(both, key=lambda slug: (self._users[slug], slug))]

    @cached_property
    def _users(self) -> Counter[str]:
        """How many cases have each component."""
        return Counter(slug for card in self.all for slug in card.extra.get("components", {}))

    def _titles(self, type_: str, slugs: set[str]) -> list[str]:
        return [card.title for card in self.published(type_, list(slugs))]


def _names(one: Card, other: Card) -> bool:
    """Whether the one says that the other is its topic or its case."""
    if one.type != "topic" and other.type == "topic":
        return other.slug in one.topics
    return other.type == "case-study" and other.slug in one.extra.get("cases", [])


def _links(own: Card, other: Card) -> list[str]:
    """How a case stands to another, beside the other."""
    if not own.type == other.type == "case-study":
        return []
    found = [
        OWN_LINKS.get(own.extra.get("links", {}).get(other.slug, "")),
        THEIR_LINKS.get(other.extra.get("links", {}).get(own.slug, "")),
    ]
    return [reason for reason in found if reason]
