"""What must be true of a case before readers see it. No Django in here.

Each fault says where it is, so that a file's line or a form's field can be named.
"""

import re
from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from kb.addresses import identity
from kb.case_parts import SECTIONS, Claim
from kb.document import CaseStudyDocument
from kb.fields import BODY, CONFIDENCES, Fault, Place
from kb.numbers import loose_numbers, numbers_in, value_of
from kb.sections import key_of, sections_of
from kb.syntax import LIKE_A_MARK, MARKDOWN, prose_of, words_in
from kb.teasers import CASE_TEASERS, teaser_faults
from kb.vocabulary import Vocabulary

KEYBOARD = str.maketrans("‘’“”", "''\"\"")


def check_case(document: CaseStudyDocument, vocabulary: Vocabulary) -> list[Fault]:
    """Everything that keeps a case from being published, in the order of the document."""
    return [
        *_sources(document),
        *_claims(document, vocabulary),
        *_components(document, vocabulary),
        *_links(document),
        *_experiments(document),
        *_sections(document),
        *_marks(document),
        *_numbers(document),
        *teaser_faults(document, CASE_TEASERS),
    ]


def _sources(document: CaseStudyDocument) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for index, work in enumerate(document.sources):
        if same := identity(work.url, work.doi):
            if same in seen:
                yield Fault(
                    ("sources", index, "doi" if work.doi else "url"),
                    1,
                    f"The source {work.key!r} is the same work as {seen[same]!r}: {same}.",
                )
            seen.setdefault(same, work.key)


def _claims(document: CaseStudyDocument, vocabulary: Vocabulary) -> Iterator[Fault]:
    sources = {work.key: work for work in document.sources}
    keys = {claim.key for claim in document.claims}
    for index, claim in enumerate(document.claims):
        place: Place = ("claims", index)
        named = f"The claim {claim.key!r}"
        if not claim.source:
            yield Fault((*place, "source"), 1, f"{named} has no source.")
        elif claim.source not in sources:
            known = ", ".join(sources) or "none"
            yield Fault(
                (*place, "source"),
                1,
                f"{named} names the source {claim.source!r}, which is not among those of the case"
                f" ({known}).",
            )
        elif CONFIDENCES.index(claim.confidence) < CONFIDENCES.index(
            sources[claim.source].confidence
        ):
            yield Fault(
                (*place, "confidence"),
                1,
                f"{named} is said to be {claim.confidence}, but its source {claim.source!r} is"
                f" {sources[claim.source].confidence}.",
            )
        if claim.value_max is not None and claim.value_max <= claim.value:
            yield Fault((*place, "value_max"), 1, f"{named} ends at or below its beginning.")
        for other in claim.conflicts_with:
            if other not in keys:
                yield Fault(
                    (*place, "conflicts_with"),
                    1,
                    f"{named} conflicts with {other!r}, which is no claim of the case.",
                )
            elif other == claim.key:
                yield Fault((*place, "conflicts_with"), 1, f"{named} conflicts with itself.")
        yield from _unit(place, claim, document, vocabulary)


def _experiments(document: CaseStudyDocument) -> Iterator[Fault]:
    keys = {claim.key for claim in document.claims}
    placed = {
        token.info.strip().removeprefix("figure").strip()
        for token in MARKDOWN.parse(document.body)
        if token.type == "container_figure_open"
    }
    for index, experiment in enumerate(document.experiments):
        if experiment.key not in placed:
            yield Fault(
                ("experiments", index, "key"),
                1,
                f"The experiment {experiment.key!r} is nowhere in the text; write"
                f" ':::figure {experiment.key}' and ':::' where it belongs.",
            )
        if experiment.claim and experiment.claim not in keys:
            yield Fault(
                ("experiments", index, "claim"),
                1,
                f"The experiment {experiment.key!r} computes {experiment.claim!r} anew, which is"
                " no claim of the case.",
            )
        elif bool(experiment.claim) != bool(experiment.path):
            yield Fault(
                ("experiments", index, "path"),
                1,
                f"The experiment {experiment.key!r} names a claim without a path, or a path"
                " without a claim.",
            )


def _unit(
    place: Place, claim: Claim, document: CaseStudyDocument, vocabulary: Vocabulary
) -> Iterator[Fault]:
    """Whether a claim is in words of the vocabulary, which convert, and agrees with its text."""
    if claim.quantity not in vocabulary.quantities:
        yield Fault(
            (*place, "quantity"),
            1,
            f"The quantity {claim.quantity!r} is not in the vocabulary; there are"
            f" {', '.join(sorted(vocabulary.quantities))}.",
        )
        return
    if claim.unit not in vocabulary.units:
        yield Fault(
            (*place, "unit"),
            1,
            f"The unit {claim.unit!r} is not in the vocabulary; there are"
            f" {', '.join(sorted(vocabulary.units))}.",
        )
        return
    if not vocabulary.fits(claim.unit, claim.quantity):
        base = vocabulary.quantities[claim.quantity].base_unit
        others = [
            f"{other.key!r} in {other.unit}"
            for other in document.claims
            if other.quantity == claim.quantity and other.key != claim.key
        ]
        beside = f", as the claim {others[0]} does" if others else ""
        yield Fault(
            (*place, "unit"),
            1,
            f"The claim {claim.key!r} is in {claim.unit}, which does not convert into {base},"
            f" the base unit of {claim.quantity}{beside}.",
        )
        return
    stated = list(numbers_in(claim.text))
    for value in (claim.value, claim.value_max):
        if value is None:
            continue
        scale = vocabulary.units[claim.unit].factor
        meant = {value, value * scale, vocabulary.in_base_unit(value, claim.unit, claim.quantity)}
        if stated and not any(_equal(number, other) for number in stated for other in meant):
            yield Fault(
                (*place, "text"),
                1,
                f"The claim {claim.key!r} is {value:g} {claim.unit}, but its text says"
                f" {claim.text!r}.",
            )


def _equal(one: float, other: float) -> bool:
    # A fall of 30% is a claim of -30.
    one, other = abs(one), abs(other)
    return abs(one - other) <= 1e-6 * max(one, other)


def _components(document: CaseStudyDocument, vocabulary: Vocabulary) -> Iterator[Fault]:
    told = _plain_words(" ".join(words for _, words in prose_of(document.body)))
    keys = {component.key for component in document.components}
    sections = {key_of(blocks.heading or "") for blocks in sections_of(document.body)}
    for index, component in enumerate(document.components):
        place: Place = ("components", index)
        if component.component not in vocabulary.components:
            yield Fault(
                (*place, "component"),
                1,
                f"The component {component.component!r} is not in the vocabulary; there are"
                f" {', '.join(sorted(vocabulary.components))}.",
            )
            continue
        names = map(_plain_words, [component.name, *component.also])
        if not any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told) for name in names):
            yield Fault(
                (*place, "name"),
                1,
                f"The picture has the component {component.name!r}, which the text never names.",
            )
        if component.section not in sections:
            yield Fault(
                (*place, "section"),
                1,
                f"The component {component.key!r} is told of in the section"
                f" {component.section!r}, which the text has not.",
            )
    for index, flow in enumerate(document.flows):
        for end, key in (("from", flow.start), ("to", flow.end)):
            if key not in keys:
                yield Fault(
                    ("flows", index, end),
                    1,
                    f"A flow leads {end} {key!r}, which is no component of the case.",
                )
        if flow.start == flow.end:
            yield Fault(("flows", index, "to"), 1, f"A flow leads from {flow.start!r} to itself.")
    seen = set()
    for index, flow in enumerate(document.flows):
        if (same := (flow.start, flow.end, flow.kind, flow.label)) in seen:
            yield Fault(
                ("flows", index), 1, f"The flow from {flow.start!r} to {flow.end!r} stands twice."
            )
        seen.add(same)


def _plain_words(text: str) -> str:
    """For comparing: without case, and with the quotation marks of a keyboard."""
    return " ".join(text.translate(KEYBOARD).split()).casefold()


def _links(document: CaseStudyDocument) -> Iterator[Fault]:
    seen = set()
    for index, link in enumerate(document.links):
        place: Place = ("links", index, "case_study")
        if link.case_study == document.slug:
            yield Fault(place, 1, "A case is linked to another case, not to itself.")
        if (same := (link.relation, link.case_study)) in seen:
            yield Fault(place, 1, f"The link {link.relation} {link.case_study!r} stands twice.")
        seen.add(same)


def cycle_in(edges: Iterable[tuple[str, str]], start: str) -> Fault | None:
    """The fault of a case that supersedes itself by way of others."""
    onward: dict[str, list[str]] = {}
    for one, other in sorted(edges):
        onward.setdefault(one, []).append(other)
    paths = [[start]]
    seen = set()
    while paths:
        path = paths.pop()
        for other in onward.get(path[-1], []):
            if other == start:
                way = " → ".join([*path, start])
                return Fault(("links",), 1, f"Cases supersede one another in a circle: {way}.")
            if other not in seen:
                seen.add(other)
                paths.append([*path, other])
    return None


def _sections(document: CaseStudyDocument) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    for heading, blocks, line, _ in sections_of(document.body):
        key = key_of(heading or "")
        if not key:
            yield Fault(
                BODY,
                line,
                f"The section {heading!r} has no key; write '## {heading} {{#key}}', with one of"
                f" {', '.join(SECTIONS)}.",
            )
        elif key not in SECTIONS:
            yield Fault(
                BODY, line, f"The section {key!r} is not known; there are {', '.join(SECTIONS)}."
            )
        elif key in lines:
            yield Fault(BODY, line, f"The section {key!r} stands twice.")
        elif not any(re.search(r"\w", words) for _, words in words_in(_below_headings(blocks))):
            yield Fault(
                BODY,
                line,
                f"The section {key!r} has no sentence; if nothing about it is public, say so.",
            )
        lines.setdefault(key, line)
    for key in SECTIONS:
        if key not in lines:
            yield Fault(
                BODY,
                1,
                f"The section {key!r} is missing; if nothing about it is public, say so in it.",
            )
    known = [key for key in lines if key in SECTIONS]
    ordered = [key for key in SECTIONS if key in lines]
    for key, right in zip(known, ordered, strict=True):
        if key != right:
            yield Fault(BODY, lines[key], f"The section {key!r} stands where {right!r} belongs.")
            break


def _below_headings(blocks: list[Token]) -> list[Token]:
    return [
        token
        for before, token in zip([None, *blocks], blocks, strict=False)
        if before is None or before.type != "heading_open"
    ]


def _marks(document: CaseStudyDocument) -> Iterator[Fault]:
    """Marks where none are understood: readers would see them as they are written."""
    for place, text in _plain(document):
        if found := LIKE_A_MARK.search(text):
            yield Fault(place, 1, f"The mark {found[0]} is for prose; here stands plain text.")
    for heading, _, line, _ in sections_of(document.body):
        if found := LIKE_A_MARK.search(heading or ""):
            yield Fault(
                BODY, line, f"The mark {found[0]} is for prose; the title of a section is plain."
            )


def _numbers(document: CaseStudyDocument) -> Iterator[Fault]:
    """Numbers that are neither claims nor marked as computed."""
    for place, text in prose(document):
        for line, words in prose_of(text):
            for number in loose_numbers(words):
                yield Fault(
                    place,
                    line,
                    f"The number {number} is no claim: write [#key] for a claim, or [={number}]"
                    " for one that was computed here.",
                )
    claimed = {number for claim in document.claims for number in numbers_in(claim.text)}
    claimed |= {claim.value for claim in document.claims}
    for place, text in _plain(document):
        for number in loose_numbers(text):
            if value_of(number) not in claimed:
                yield Fault(place, 1, f"The number {number} is in no claim of the case.")


def prose(document: CaseStudyDocument) -> Iterator[tuple[Place, str]]:
    """The texts of a case that may have marks in them, and where they stand."""
    yield BODY, document.body
    for name in ("lessons", "negative_results", "not_public"):
        for index, text in enumerate(getattr(document, name)):
            yield (name, index), text
    for name, text in document.audience:
        yield ("audience", name), text
    for index, question in enumerate(document.questions):
        for name, text in question:
            yield ("questions", index, name), text
    for index, experiment in enumerate(document.experiments):
        yield ("experiments", index, "text"), experiment.text


def _plain(document: CaseStudyDocument) -> Iterator[tuple[Place, str]]:
    """The texts without marks: a number in them is one of a claim's."""
    for name in ("title", "summary", "teaser", "readers"):
        yield (name,), getattr(document, name)
    for index, component in enumerate(document.components):
        for name in ("technology", "latency", "freshness", "scale"):
            yield ("components", index, name), getattr(component, name)
    for index, flow in enumerate(document.flows):
        yield ("flows", index, "label"), flow.label
