"""Thousands of case studies of varied prose, the same at every run: for benchmarks and tests.

`fill(5000)` writes rows, cards and the search index of a migrated, empty database. Words are as
frequent as in a language (Zipf's law); beside them every case has a few names of its own.
"""

import itertools
import random
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from kb import search
from kb.models import (
    Card,
    CaseStudy,
    Claim,
    Company,
    Component,
    ComponentType,
    Flow,
    Quantity,
    Source,
    Technique,
    Unit,
)
from kb.vocabulary import DOMAINS, TECHNIQUE_GROUPS

CASES, COMPANIES, TECHNIQUES, WORDS, SEED = 5000, 200, 120, 8000, 5
BATCH = 500
FIRST_YEAR, YEARS = 2006, 20
SOURCES, CLAIMS, COMPONENTS = 3, 6, 6
KINDS = ["client", "service", "model", "store", "stream", "job", "control", "human"]
SECTIONS = (
    *("goal", "constraints", "data", "features", "models", "architecture", "serving"),
    *("rollout-monitoring-maintenance", "evaluation", "results", "failures"),
)
# The most frequent words first: those of any text, and those of this subject.
SMALL = (
    "the of a to and in is that for it as with on by this are was from at be or which an not each"
    " but they one has have than its so into more when only all two their over most we after"
    " before where can does every same other per between out what no"
)
SUBJECT = (
    "model data system user feature training latency query ranking serving score recommendation"
    " candidate label online offline metric experiment fraud payment item prediction embedding"
    " pipeline store stream batch drift retrieval index click conversion threshold precision"
    " recall gradient network layer attention token optimisation optimize colour color behaviour"
    " behavior centre center catalogue catalog labelling labeling modelling modeling analyse"
    " analyze licence license programme personalised personalized forecast demand price bandit"
    " exploration calibration probability posterior bayesian tree boosted forest regression"
    " logistic matrix factorisation factorization neighbour neighbor cluster anomaly review rule"
    " traffic request cache shard replica rollout monitoring alert incident failure retry budget"
    " cost hardware memory throughput percentile million members sellers riders drivers listing"
    " search advertiser auction impression session history country language translation document"
    " image video audio speech summary risk account merchant chargeback dispute transaction"
    " interleaving counterfactual propensity holdout variance significance sample power"
)
# Hardly a text is without the first of these; of the others a text has some.
EVERYWHERE, OWN = 8, 30
BEGINNINGS = "b br c ch cl d dr f fl g gr h j k l m n p pl pr qu r s sc sh sl sp st str t tr v w"
VOWELS = "a e i o u ai ea ee io ou"
ENDS = "b ck d ft g l lt m mp n nd ng nt p r rd rk rm s sk ss st t th v x"
FORMS = ("", "", "", "s", "ed", "ing", "er", "ation", "ly", "ness", "ment", "able")


def made_up(rng: random.Random, number: int) -> list[str]:
    """Different words that sound English, the same at every run."""
    parts = [part.split() for part in (BEGINNINGS, VOWELS, ENDS)]
    words: dict[str, None] = {}
    while len(words) < number:
        syllables = [rng.choice(part) for _ in range(rng.choice((1, 2, 2))) for part in parts]
        words["".join(syllables) + rng.choice(FORMS)] = None
    return list(words)


def _zipf(number: int) -> list[float]:
    return list(itertools.accumulate(1 / (rank + 3) for rank in range(number)))


class Writer:
    """Prose from a seed: words of any text, of the subject, and made-up ones."""

    def __init__(self, seed: int = SEED) -> None:
        self.rng = random.Random(seed)
        self.small, self.subject = SMALL.split(), SUBJECT.split()
        self.made_up = made_up(self.rng, WORDS)
        self.weights = {number: _zipf(number) for number in (len(self.small), OWN, WORDS)}

    def words(self, of: list[str], number: int) -> list[str]:
        return self.rng.choices(of, cum_weights=self.weights[len(of)], k=number)

    def name(self) -> str:
        """A name that hardly any other text has."""
        return "".join(self.rng.choice(self.made_up) for _ in range(2))[:16].capitalize()

    def subjects(self) -> list[str]:
        """The words of the subject that a case is about, the most frequent first."""
        own = self.rng.sample(self.subject[EVERYWHERE:], OWN - EVERYWHERE)
        mixed = [*self.subject[:EVERYWHERE], *own]
        self.rng.shuffle(mixed)
        return mixed

    def prose(self, sentences: int, subjects: list[str], names: list[str]) -> str:
        return " ".join(self._sentence(subjects, names) for _ in range(sentences))

    def _sentence(self, subjects: list[str], names: list[str]) -> str:
        third = self.rng.randint(4, 8)
        parts = (
            self.words(self.small, third),
            self.words(subjects, third),
            self.words(self.made_up, third),
        )
        words = [word for three in zip(*parts, strict=True) for word in three]
        if self.rng.random() < 0.3:
            words[-1] = self.rng.choice(names)
        words[8] += ","
        return f"{' '.join(words).capitalize()}."

    def title(self, name: str, subjects: list[str]) -> str:
        first, second = self.words(subjects, 2)
        return f"{name}: {first} and {second}"


class Words:
    """The companies, techniques, components, units and quantities that the cases name."""

    def __init__(self, writer: Writer, now: object) -> None:
        common = {"state": "published", "version": 1, "published_at": now}
        groups = list(TECHNIQUE_GROUPS)
        self.companies = Company.objects.bulk_create(
            Company(slug=f"company-{n}", title=writer.name(), summary="Sells things.", **common)
            for n in range(COMPANIES)
        )
        self.techniques = Technique.objects.bulk_create(
            Technique(
                slug=f"technique-{n}",
                title=f"{writer.subject[n].capitalize()} of {writer.name()}",
                group=groups[n % len(groups)],
                summary="Computes things.",
                **common,
            )
            for n in range(TECHNIQUES)
        )
        self.types = ComponentType.objects.bulk_create(
            ComponentType(
                slug=f"bench-{kind}-{n}",
                name=f"{kind} {n}",
                kind=kind,
                summary="A part.",
                reason="Generated.",
            )
            for kind in KINDS
            for n in range(4)
        )
        unit = Unit(slug="bench-things", name="things", dimension="things", factor=1)
        thousand = Unit(slug="bench-thousand", name="thousand", dimension="things", factor=1000)
        for each in (unit, thousand):
            each.reason = "Generated."
        self.units = Unit.objects.bulk_create([unit, thousand])
        self.quantities = Quantity.objects.bulk_create(
            Quantity(
                slug=f"bench-quantity-{n}",
                name=f"quantity {n}",
                base_unit=self.units[0],
                summary="Counts things.",
                reason="Generated.",
            )
            for n in range(30)
        )


def fill(cases: int = CASES) -> None:
    """Write the cases and what they name, published and indexed."""
    writer, now = Writer(), timezone.now()
    with transaction.atomic():
        words = Words(writer, now)
        for start in range(0, cases, BATCH):
            numbers = range(start, min(start + BATCH, cases))
            _write([_case(writer, n, words, now) for n in numbers], writer, words)


def _case(writer: Writer, n: int, words: Words, now: object) -> CaseStudy:
    names, subjects = [writer.name() for _ in range(4)], writer.subjects()
    parts = {key: writer.prose(writer.rng.randint(3, 5), subjects, names) for key in SECTIONS}
    titles = {key: key.replace("-", " ").capitalize() for key in SECTIONS}
    text = " ".join(f"{titles[key]} {parts[key]}" for key in SECTIONS)
    return CaseStudy(
        slug=f"case-{n}",
        title=writer.title(names[0], subjects),
        summary=writer.prose(2, subjects, names),
        state="published",
        version=1,
        published_at=now,
        company=words.companies[n % COMPANIES],
        domain=list(DOMAINS)[n % len(DOMAINS)],
        year=FIRST_YEAR + n % YEARS,
        body="\n\n".join(f"## {titles[key]} {{#{key}}}\n\n{part}" for key, part in parts.items()),
        lessons=[writer.prose(1, subjects, names)],
        rendered={
            "html": f"<p>{text}</p>",
            "sections": [
                {"key": key, "title": titles[key], "markdown": part, "html": f"<p>{part}</p>"}
                for key, part in parts.items()
            ],
            "text": text,
            "links": [],
            "sources": [],
            "experiments": [],
        },
        reading_minutes=len(text.split()) // 220 + 1,
    )


def _write(cases: list[CaseStudy], writer: Writer, words: Words) -> None:
    sources = {case.slug: list(_sources(case, writer)) for case in cases}
    claims = {case.slug: list(_claims(case, sources[case.slug], writer, words)) for case in cases}
    components = {case.slug: list(_components(case, writer, words)) for case in cases}
    for case in cases:
        case.rendered |= {
            "claims": [_claim_data(claim) for claim in claims[case.slug]],
            "architecture": _architecture(components[case.slug]),
        }
    CaseStudy.objects.bulk_create(cases)
    chosen = {case.slug: writer.rng.sample(words.techniques, 5) for case in cases}
    named = CaseStudy.techniques.through
    named.objects.bulk_create(
        named(casestudy=case, technique=technique)
        for case in cases
        for technique in chosen[case.slug]
    )
    for model, rows in ((Source, sources), (Claim, claims), (Component, components)):
        model.objects.bulk_create(row for case in cases for row in rows[case.slug])
    Flow.objects.bulk_create(
        Flow(case_study=case, start=start, end=end, label="asks", position=position)
        for case in cases
        for position, (start, end) in enumerate(_pairs(components[case.slug]))
    )
    cards = Card.objects.bulk_create(
        Card(
            type=case.TYPE,
            slug=case.slug,
            title=case.title,
            summary=case.summary,
            url=case.get_absolute_url(),
            text=case.card_text(),
            techniques=sorted(technique.slug for technique in chosen[case.slug]),
            extra={
                "company": case.company.title,
                "domain": case.domain,
                "year": case.year,
                "components": {row.type.slug: row.type.name for row in components[case.slug]},
                "links": {},
            },
        )
        for case in cases
    )
    for card in cards:
        search.index(card)


def _sources(case: CaseStudy, writer: Writer) -> Iterator[Source]:
    for n in range(SOURCES):
        yield Source(
            case_study=case,
            key=f"source-{n}",
            title=f"On {writer.name()}",
            url=f"https://example.com/{case.slug}/{n}",
            position=n,
        )


def _claims(
    case: CaseStudy, sources: list[Source], writer: Writer, words: Words
) -> Iterator[Claim]:
    for n in range(CLAIMS):
        value, unit = writer.rng.randint(1, 5000), writer.rng.choice(words.units)
        yield Claim(
            case_study=case,
            key=f"claim-{n}",
            quantity=writer.rng.choice(words.quantities),
            value=value,
            text=f"about {value:,} {unit.name}",
            unit=unit,
            base_value=value * unit.factor,
            kind=writer.rng.choice(Claim.Kind.values),
            source=sources[n % SOURCES],
            position=n,
        )


def _components(case: CaseStudy, writer: Writer, words: Words) -> Iterator[Component]:
    for n, of_type in enumerate(writer.rng.sample(words.types, COMPONENTS)):
        yield Component(
            case_study=case,
            key=f"component-{n}",
            type=of_type,
            name=f"{writer.name()} {of_type.name}",
            lane=("Online", "Offline")[n * 2 // COMPONENTS],
            position=n,
        )


def _pairs(components: list[Component]) -> Iterator[tuple[Component, Component]]:
    """Each and its next one, and the last with the first: as many flows as components."""
    return zip(components, [*components[1:], components[0]], strict=True)


def _claim_data(claim: Claim) -> dict:
    return {
        "key": claim.key,
        "quantity": {
            "slug": claim.quantity.slug,
            "name": claim.quantity.name,
            "base_unit": claim.quantity.base_unit.slug,
        },
        "value": claim.value,
        "value_max": None,
        "text": claim.text,
        "unit": claim.unit.slug,
        "base_value": claim.base_value,
        "base_value_max": None,
        "scope": "",
        "as_of": "",
        "kind": claim.kind,
        "source": claim.source.key,
        "locator": "",
        "confidence": claim.confidence,
        "conflicts_with": [],
        "is_in_text": False,
    }


def _architecture(components: list[Component]) -> dict:
    return {
        "lanes": list(dict.fromkeys(row.lane for row in components)),
        "components": [
            {"key": row.key, "component": row.type.slug, "name": row.name, "lane": row.lane}
            | {"kind": row.type.kind, "technology": "", "latency": "", "freshness": ""}
            | {"scale": "", "state": row.state}
            for row in components
        ],
        "flows": [
            {"from": start.key, "to": end.key, "label": "asks", "kind": "request"}
            for start, end in _pairs(components)
        ],
    }
