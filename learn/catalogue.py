"""What the digest chooses from, and what cards say of it. Nothing without a card gets in here."""

from collections.abc import Iterable, Mapping

import orjson
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from kb.models import Card, Chapter
from learn.choice import PARTS, CaseStudy, Catalogue, Problem, Topic

TYPES = {"topic": "topic", "problem": "problem", "case_study": "case-study"}
# What a day says of each part, as the API answers it.
FIELDS = {
    "topic": ("slug", "title", "text", "formula_html", "url", "replaced"),
    "problem": ("slug", "title", "difficulty", "text", "url", "replaced"),
    "case_study": ("slug", "title", "company", "text", "url", "replaced"),
}
# A card, by its type and slug.
Name = tuple[str, str]


def read_catalogue() -> Catalogue:
    """Everything that has a text for the digest, without these texts."""
    chapters = Chapter.objects.filter(plan__draft_of=None).values_list("plan__slug", "slug")
    places = {chapter: place for place, chapter in enumerate(chapters)}
    topics, problems, cases = [], [], []
    # As text: of thousands of rows, Django's reading of JSON would take most of the time.
    columns = (Cast(name, TextField()) for name in ("techniques", "topics", "extra"))
    written = Card.objects.filter(digest__has_key="text").exclude(digest__text="")
    rows = written.filter(type__in=TYPES.values()).order_by("slug")
    for type_, slug, *values in rows.values_list("type", "slug", *columns):
        names, about, extra = map(orjson.loads, values)
        techniques = frozenset(names)
        if type_ == "topic":
            place = places.get((extra["plan"], extra["chapter"]), len(places))
            topic = Topic(slug, extra["plan"], techniques, frozenset(extra["prerequisites"]))
            topics.append((place, extra["position"], slug, topic))
        elif type_ == "problem":
            home, named = next(iter(about), ""), frozenset(extra["cases"])
            problem = Problem(slug, techniques, frozenset(about), named, home)
            problems.append((extra["position"], slug, problem))
        else:
            company, domain = extra["company"], extra["domain"]
            cases.append(CaseStudy(slug, techniques, frozenset(about), company, domain))
    # No two have the same slug, so that the items themselves are not compared.
    in_place = (topic for *_place, topic in sorted(topics))
    in_turn = (problem for *_place, problem in sorted(problems))
    return Catalogue(in_place, in_turn, cases)


def published(names: Iterable[Name]) -> set[Name]:
    """Which of these have a card."""
    return set(_cards(names).values_list("type", "slug"))


def read_cards(names: Iterable[Name]) -> dict[Name, Card]:
    cards = _cards(names).only("type", "slug", "title", "url", "digest", "extra")
    return {(card.type, card.slug): card for card in cards}


def _cards(names: Iterable[Name]):
    slugs: dict[str, list[str]] = {}
    for type_, slug in names:
        slugs.setdefault(type_, []).append(slug)
    if not slugs:
        return Card.objects.none()
    wanted = Q()
    for type_ in sorted(slugs):
        wanted |= Q(type=type_, slug__in=sorted(set(slugs[type_])))
    return Card.objects.filter(wanted).order_by()


def name_of(part: str, slug: str) -> Name:
    return TYPES[part], slug


def say(slugs: Mapping[str, str], cards: Mapping[Name, Card]) -> dict[str, dict | None]:
    """The parts of a day; null for an empty slug, or one without a card."""
    return {part: _say(part, cards.get(name_of(part, slugs[part]))) for part in PARTS}


def _say(part: str, card: Card | None) -> dict | None:
    if card is None:
        return None
    known = {
        "slug": card.slug,
        "title": card.title,
        "url": card.url,
        "replaced": False,
        "formula_html": "",
        **card.extra,
        **card.digest,
    }
    return in_order(part, known)


def in_order(part: str, said: Mapping | None) -> dict | None:
    """A part with its fields in the order of the API, which PostgreSQL does not keep."""
    return said and {field: said[field] for field in FIELDS[part]}
