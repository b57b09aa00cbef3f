"""Computed examples and experiments, and the first state of their figures. No Django in here.

They are computed when their topic or case is published.
"""

import json
from typing import Any

import compute.kinds  # noqa: F401  (registers the kinds)
from compute.errors import InvalidParams, KindFailed, UnknownKind
from compute.registry import Kind, get_kind
from kb.case_parts import Experiment
from kb.errors import ExampleError
from kb.fields import Control, Example
from kb.figures import FIGURES, FigureInput

# A result stands in the row of its topic, and its figure in the page.
MOST_CHARACTERS = 500_000
# It is computed while somebody waits for a page of the admin.
MOST_SECONDS = 10


def as_values(part: Example) -> dict[str, Any]:
    """What a row keeps of an example; controls keep what was said of them only."""
    controls = [control.model_dump(exclude_defaults=True) for control in part.controls]
    return part.model_dump(exclude={"controls"}) | {"controls": controls}


def compute_example(example: Example, index: int) -> dict[str, Any]:
    """{params, result} of the example at an index of its topic. Raises ExampleError."""
    try:
        kind = get_kind(example.kind)
        params = kind.parse(example.params)
        if (seconds := kind.expected_seconds(params)) > MOST_SECONDS:
            raise ExampleError(
                f"The example {example.key!r} would take {seconds:.0f} s;"
                f" {MOST_SECONDS} are allowed.",
                index,
            )
        result = kind.run(params, lambda _fraction, _message: None)
    except InvalidParams as exc:
        raise ExampleError(f"The example {example.key!r}: {_said_of(exc)}", index) from exc
    except (UnknownKind, KindFailed) as exc:
        raise ExampleError(f"The example {example.key!r}: {exc}", index) from exc
    for control in example.controls:
        _try_control(control, kind, example, index)
    if (size := len(json.dumps(result))) > MOST_CHARACTERS:
        raise ExampleError(
            f"The example {example.key!r} has a result of {size:,} characters of JSON;"
            f" {MOST_CHARACTERS:,} are allowed.",
            index,
        )
    return {"params": example.params, "result": result}


def _said_of(exc: InvalidParams) -> str:
    problem = exc.problems[0]
    return f"{problem.detail} (at params{problem.pointer})"


def _try_control(control: Control, kind: Kind, example: Example, index: int) -> None:
    """Whether its kind allows what a reader may choose. Raises ExampleError."""
    named = f"The example {example.key!r}: the control {control.label!r}"
    ends = (control.minimum, control.maximum)
    values: list[Any] = list(control.choices) or [end for end in ends if end is not None]
    if not control.choices and (len(values) < 2 or values[0] >= values[1]):
        raise ExampleError(
            f"{named} has neither choices, nor a minimum and a maximum above it.", index
        )
    for value in values:
        try:
            kind.parse(_with(example.params, control.param.split("."), value))
        except InvalidParams as exc:
            raise ExampleError(f"{named} allows {value}: {_said_of(exc)}", index) from exc


def _with(params: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """The parameters with another value at a path; "null" stands for null."""
    first, *rest = path
    if rest:
        inner = params.get(first)
        return params | {first: _with(inner if isinstance(inner, dict) else {}, rest, value)}
    return params | {first: None if value == "null" else value}


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
