"""The first state of a topic's computed examples, made when the topic is published."""

from compute.errors import InvalidParams, UnknownKind
from compute.registry import get_kind
from kb.errors import ExampleError
from kb.figures import FIGURES, FigureInput


def compute_example(example) -> dict:
    """{params, result} of an example. Raises ExampleError with one sentence."""
    try:
        kind = get_kind(example.kind)
        result = kind.run(kind.parse(example.params), lambda _fraction, _message: None)
    except UnknownKind as exc:
        raise ExampleError(f"The example {example.key!r}: {exc}") from exc
    except InvalidParams as exc:
        problem = exc.problems[0]
        raise ExampleError(
            f"The example {example.key!r}: {problem.detail} (at params{problem.pointer})"
        ) from exc
    return {"params": example.params, "result": result}


def draw_figure(example, computed: dict, text: str, number: int) -> str:
    """The figure's HTML in its first state, readable without JavaScript."""
    if example.figure not in FIGURES:
        known = ", ".join(name for name in FIGURES if name)
        raise ExampleError(
            f"The example {example.key!r} wants the figure {example.figure!r};"
            f" there are {known}, and an empty name for a plain chart."
        )
    return FIGURES[example.figure](
        FigureInput(
            key=example.key,
            title=example.title,
            kind=example.kind,
            params=computed["params"],
            result=computed["result"],
            controls=example.controls,
            text=text,
            number=number,
        )
    )
