"""What readers see of a case's data: the notes on its claims, its picture. No Django in here."""

import re
from calendar import month_name
from dataclasses import replace
from html import escape
from typing import Any

from kb.case_parts import Claim, Component
from kb.diagram import Arrow, Box, describe, draw
from kb.document import CaseStudyDocument
from kb.examples import as_values, compute_example, draw_figure, value_at
from kb.figures.frame import number
from kb.figures.table import words_of_path
from kb.markup import ClaimNote, Context, Link, render, render_inline
from kb.vocabulary import Vocabulary

# How a claim was read, where it was not in the original.
DOUBTS = {
    "original": "",
    "abstract-only": "only the opening was read",
    "secondary": "secondary account",
    "unverified": "not verified",
}


def render_case(document: CaseStudyDocument, vocabulary: Vocabulary, link: Link) -> dict[str, Any]:
    """HTML, data and picture, as they are kept. Raises MarkupError or ExampleError."""
    claims = claim_notes(document, vocabulary)
    inline = Context(works=document.sources, claims=claims, link=link)
    figures, experiments = {}, []
    for index, experiment in enumerate(document.experiments):
        words = render_inline(experiment.text, inline, ("experiments", index, "text"))
        part = as_values(experiment)
        result = compute_example(experiment, index)["result"]
        part["value"] = value_at(experiment, result, index)
        words += _beside(part, document, vocabulary)
        figures[experiment.key] = draw_figure(part, result, words, index)
        experiments.append(part)
    context = replace(inline, figures=figures)
    text = render(document.body, context)
    return {
        "picture": picture(document, vocabulary),
        "architecture": architecture(document, vocabulary),
        "claims": claim_data(document, vocabulary, text.claims),
        "sources": [work.model_dump() for work in document.sources],
        "links": [link.model_dump() for link in document.links],
        "experiments": experiments,
        "html": text.html,
        "sections": [vars(section) for section in text.sections],
        **{
            name: [
                render_inline(item, context, (name, index))
                for index, item in enumerate(getattr(document, name))
            ]
            for name in ("lessons", "negative_results", "not_public")
        },
        "questions": [
            {
                "question": _without_links(
                    render_inline(question.question, context, ("questions", index, "question"))
                ),
                "answer": render_inline(question.answer, context, ("questions", index, "answer")),
            }
            for index, question in enumerate(document.questions)
        ],
        "audience": {
            name: render_inline(value, context, ("audience", name))
            for name, value in document.audience
        },
        "minutes": text.minutes,
        "text": text.text,
    }


def _without_links(html: str) -> str:
    """For the words of a question, which are a button themselves."""
    return re.sub(r"</?a\b[^>]*>", "", html)


def _beside(experiment: dict[str, Any], document: CaseStudyDocument, vocabulary: Vocabulary) -> str:
    """The published number and the one computed here, for the caption of the figure."""
    claim = next((one for one in document.claims if one.key == experiment["claim"]), None)
    if claim is None or experiment["value"] is None:
        return ""
    quantity = vocabulary.quantities[claim.quantity].name
    return (
        f' <span class="figure-claim">Published: {escape(in_a_sentence(quantity))} '
        f'<a class="claim" href="#claim-{claim.key}">{escape(claim.text)}</a>. '
        f"Recomputed here: {escape(words_of_path(experiment['path']))} "
        f'<span class="computed">{number(experiment["value"])}</span>.</span>'
    )


def date_words(as_of: str) -> str:
    """ "2018-10" is October 2018."""
    year, *rest = as_of.split("-")
    if not rest:
        return year
    day = f"{int(rest[1])} " if len(rest) > 1 else ""
    return f"{day}{month_name[int(rest[0])]} {year}"


def in_a_sentence(name: str) -> str:
    """A name without its capital letter, unless it is an abbreviation."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def claim_notes(document: CaseStudyDocument, vocabulary: Vocabulary) -> dict[str, ClaimNote]:
    """How each claim stands in the text. Cost: linear in the claims."""
    return {
        claim.key: ClaimNote(
            text=claim.text,
            source=claim.source,
            locator=claim.locator,
            note=_note(claim, document, vocabulary),
            label=DOUBTS[claim.confidence],
        )
        for claim in document.claims
    }


def _note(claim: Claim, document: CaseStudyDocument, vocabulary: Vocabulary) -> str:
    """What was measured, in few words: the margin is narrow, and the table of claims has all."""
    years = {str(work.year) for work in document.sources if work.key == claim.source}
    name = vocabulary.quantities[claim.quantity].name
    # A scope says more than the quantity, and a date other than the source's is worth a word.
    parts = [claim.scope or in_a_sentence(name), date_words(claim.as_of)]
    note = escape(", ".join(part for part in parts if part and part not in years))
    texts = {other.key: other.text for other in document.claims}
    for key in conflicts_of(claim, document):
        note += f', disputed by <a href="#claim-{key}">{escape(texts[key])}</a>'
    return note


def conflicts_of(claim: Claim, document: CaseStudyDocument) -> list[str]:
    """The claims that disagree with one, whichever side names the other."""
    keys = {other.key for other in document.claims if claim.key in other.conflicts_with}
    return sorted(keys | set(claim.conflicts_with) & {other.key for other in document.claims})


def claim_data(
    document: CaseStudyDocument, vocabulary: Vocabulary, mentioned: list[str]
) -> list[dict[str, Any]]:
    """The claims as the API shows them, in the order of the document."""
    found = []
    for claim in document.claims:
        quantity = vocabulary.quantities[claim.quantity]
        unit = vocabulary.units[claim.unit]
        found.append(
            {
                "key": claim.key,
                "quantity": {
                    "slug": quantity.slug,
                    "name": quantity.name,
                    "base_unit": quantity.base_unit,
                },
                "value": claim.value,
                "value_max": claim.value_max,
                "text": claim.text,
                "unit": unit.slug,
                "base_value": base_value(claim, claim.value, vocabulary),
                "base_value_max": base_value(claim, claim.value_max, vocabulary),
                "scope": claim.scope,
                "as_of": claim.as_of,
                "kind": claim.kind,
                "source": claim.source,
                "locator": claim.locator,
                "confidence": claim.confidence,
                "conflicts_with": conflicts_of(claim, document),
                # Its anchor is in the text, or else in the list of all claims.
                "is_in_text": claim.key in mentioned,
            }
        )
    return found


def base_value(claim: Claim, value: float | None, vocabulary: Vocabulary) -> float | None:
    """A number of a claim in the base unit of its quantity; None where they do not convert."""
    if value is None or not vocabulary.fits(claim.unit, claim.quantity):
        return None
    return vocabulary.in_base_unit(value, claim.unit, claim.quantity)


def architecture(document: CaseStudyDocument, vocabulary: Vocabulary) -> dict[str, Any]:
    """Lanes, components and flows as the API shows them."""
    return {
        "lanes": document.lanes,
        "components": [
            {
                "key": component.key,
                "component": component.component,
                "name": component.name,
                "lane": component.lane,
                "kind": vocabulary.components[component.component].kind,
                "technology": component.technology,
                "latency": component.latency,
                "freshness": component.freshness,
                "scale": component.scale,
                "state": component.state,
                "section": component.section,
            }
            for component in document.components
        ],
        "flows": [
            {"from": flow.start, "to": flow.end, "label": flow.label, "kind": flow.kind}
            for flow in document.flows
        ],
    }


def picture(document: CaseStudyDocument, vocabulary: Vocabulary) -> dict[str, str]:
    """The architecture drawn: wide and tall for the page, alone for elsewhere, and in words.

    Empty texts where a case has no components.
    """
    if not document.components:
        return {"wide": "", "tall": "", "alone": "", "text": ""}
    title = f"Architecture: {document.title}"
    # A box has room for one fact below its name; the words have room for all.
    boxes = [_box(component, vocabulary, 1) for component in document.components]
    told = [_box(component, vocabulary, None) for component in document.components]
    arrows = [Arrow(flow.start, flow.end, flow.label, flow.kind) for flow in document.flows]
    return {
        "wide": draw(title, boxes, arrows),
        "tall": draw(title, boxes, arrows, vertical=True),
        "alone": draw(title, boxes, arrows, alone=True),
        "text": describe(title, told, arrows),
    }


def _box(component: Component, vocabulary: Vocabulary, most: int | None) -> Box:
    """A component with at most so many of the facts that are known of it."""
    facts = [component.technology, component.latency, component.scale, component.freshness]
    return Box(
        key=component.key,
        name=component.name,
        note="; ".join(list(filter(None, facts))[:most]),
        kind=vocabulary.components[component.component].kind,
        lane=component.lane,
        state=component.state,
        href=f"#{component.section}",
    )
