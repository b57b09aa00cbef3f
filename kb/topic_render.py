"""What readers see of a topic. No Django in here."""

from typing import Any

from kb.document import TopicDocument
from kb.examples import as_values, compute_example, draw_figure
from kb.markup import Context, Link, render, render_inline


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
        "references": [work.model_dump() for work in document.references],
        "self_checks": text.self_checks,
        "text": text.text,
    }
