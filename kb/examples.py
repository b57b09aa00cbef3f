"""Computed examples and experiments, and the first state of their figures. No Django in here.

They are computed when their topic or case is published.
"""

import json
from typing import Any

import compute.kinds  # noqa: F401  (registers the kinds)
from compute.errors import InvalidParams, KindFailed, UnknownKind
from compute.registry import get_kind
from kb.case_parts import Experiment
from kb.errors import ExampleError
from kb.fields import Example
from kb.figures import FIGURES, FigureInput

# A result stands in the row of its topic, and its figure in the page.
MOST_CHARACTERS = 500_000


def as_values(part: Example) -> dict[str, Any]:
    """What a row keeps of an example; controls keep what was said of them only."""
    controls = [control.model_dump(exclude_defaults=True) for control in part.controls]
    return part.model_dump(exclude={"controls"}) | {"controls": controls}


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


def value_at(experiment: Experiment, result: dict[str, Any], index: int) -> float | None:
    """The number that an experiment computes anew, by its path; None where it names none.

    Raises ExampleError.
    """
    if not experiment.path:
        return None
    found: Any = result
    for step in experiment.path.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            found = None
            break
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise ExampleError(
            f"The experiment {experiment.key!r}: the path {experiment.path!r} leads to no number"
            f" of its result, which has {', '.join(result)}.",
            index,
        )
    return found


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
