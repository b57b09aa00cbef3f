"""What readers see of a topic. No Django in here."""

import re
from html import escape
from typing import Any

from kb.document import TopicDocument
from kb.examples import as_values, compute_example, draw_figure
from kb.formulas import SYMBOL_COLOURS, render_formula
from kb.markup import Context, Link, MarkupError, render, render_inline

# What colours a symbol, and says nothing to who reads TeX.
COLOUR_MACRO = re.compile(rf"\\({'|'.join(SYMBOL_COLOURS)})(?=\s*\{{)")


def render_key_formula(tex: str) -> str:
    """The key formula as MathML, with its TeX for who shows none; empty for none.

    Raises MarkupError.
    """
    if not tex:
        return ""
    try:
        mathml = render_formula(tex, display=True)
    except ValueError as exc:
        raise MarkupError([(1, str(exc))], ("formula",)) from None
    plain = COLOUR_MACRO.sub("", tex)
    return mathml.replace("<math", f'<math alttext="{escape(plain)}"', 1)


def render_topic(document: TopicDocument, link: Link) -> dict[str, Any]:
    """HTML, figures and computed examples. Raises MarkupError or ExampleError."""
    inline = Context(works=document.references, link=link)
    parts, results, figures = [], {}, {}
    for index, example in enumerate(document.examples):
        part = as_values(example)
        words = render_inline(example.text, inline, ("examples", index, "text"))
        results[example.key] = computed = compute_example(example, index)
        figures[example.key] = draw_figure(part, computed["result"], words, index)
        parts.append(part)
    context = Context(works=document.references, figures=figures, link=link)
    text = render(document.body, context)
    return {
        "html": text.html,
        "sections": [vars(section) for section in text.sections],
        "outcomes": [
            render_inline(outcome, inline, ("outcomes", index))
            for index, outcome in enumerate(document.outcomes)
        ],
        "examples": results,
        # What the API shows of the rows, so that reading a topic asks for none of them.
        "parts": parts,
        "formula_html": render_key_formula(document.formula),
        "references": [work.model_dump() for work in document.references],
        "questions": [question._asdict() for question in text.questions],
        "text": text.text,
    }
