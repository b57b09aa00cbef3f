"""The first state of a topic's computed examples, made when the topic is published."""

import json
from typing import Any

from compute.errors import InvalidParams, KindFailed, UnknownKind
from compute.registry import get_kind
from kb.document import Example
from kb.errors import ExampleError
from kb.figures import FIGURES, FigureInput

# A result stands in the row of its topic, and its figure in the page.
MOST_CHARACTERS = 500_000


def compute_example(example: Example, index: int) -> dict[str, Any]:
    """{params, result} of the example at an index of its topic. Raises ExampleError."""
    try:
        kind = get_kind(example.kind)
        result = kind.run(kind.parse(example.params), lambda _fraction, _message: None)
    except InvalidParams as exc:
        problem = exc.problems[0]
        raise ExampleError(
            f"The example {example.key!r}: {problem.detail} (at params{problem.pointer})", index
        ) from exc
    except (UnknownKind, KindFailed) as exc:
        raise ExampleError(f"The example {example.key!r}: {exc}", index) from exc
    if (size := len(json.dumps(result))) > MOST_CHARACTERS:
        raise ExampleError(
            f"The example {example.key!r} has a result of {size:,} characters of JSON;"
            f" {MOST_CHARACTERS:,} are allowed.",
            index,
        )
    return {"params": example.params, "result": result}


def draw_figure(part: dict[str, Any], result: dict[str, Any], text: str, index: int) -> str:
    """The figure's HTML in its first state, readable without JavaScript. Raises ExampleError."""
    key, name, kind = part["key"], part["figure"], part["kind"]
    if name not in FIGURES:
        known = ", ".join(filter(None, FIGURES))
        raise ExampleError(
            f"The example {key!r} wants the figure {name!r};"
            f" there are {known}, and an empty name for a plain chart.",
            index,
        )
    figure = FIGURES[name]
    if figure.kinds and kind not in figure.kinds:
        raise ExampleError(
            f"The example {key!r}: the figure {name!r} shows {' or '.join(figure.kinds)},"
            f" not {kind}.",
            index,
        )
    return figure.draw(
        FigureInput(
            key=key,
            title=part["title"],
            kind=kind,
            params=part["params"],
            result=result,
            controls=part["controls"],
            text=text,
            number=index + 1,
        )
    )
