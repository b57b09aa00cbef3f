"""The parts of a case study that are data: claims, components, flows, experiments."""

import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from kb.fields import (
    Confidence,
    Example,
    Line,
    OptionalText,
    Part,
    Slug,
    SlugSet,
    plain_text,
)

ClaimKind = Literal["scale", "latency", "offline-metric", "online-metric", "cost", "other"]
ComponentState = Literal["public", "inferred", "unknown"]
FlowKind = Literal["request", "event", "batch"]
Relation = Literal["supersedes", "builds-on", "influenced"]

SECTIONS = {
    "goal": "The goal",
    "constraints": "Constraints",
    "data": "Data",
    "features": "Features",
    "models": "Models",
    "architecture": "Architecture",
    "serving": "Serving",
    "rollout-monitoring-maintenance": "Release, monitoring, upkeep",
    "evaluation": "Evaluation",
    "results": "Results",
    "failures": "What failed",
}


def _whole(value: float) -> float:
    """65.0 and 65 are one number, and stand in a document as 65."""
    return int(value) if value.is_integer() else value


def _date(value: str) -> str:
    """Raises ValueError for a day that its month does not have."""
    if len(value) == 10:
        datetime.date.fromisoformat(value)
    return value


# What a draft may lack; what is published does not.
OptionalSlug = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=80)
]
# Of the numbers that a database column holds: none with more digits.
Number = Annotated[float, Field(ge=-1e18, le=1e18), AfterValidator(_whole)]
AsOf = Annotated[
    str,
    StringConstraints(pattern=r"^((1[789]|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?$"),
    AfterValidator(_date),
]
Short = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^[^\n<>]*$"), AfterValidator(plain_text)
]
Label = Annotated[Short, Field(max_length=40)]


class Claim(Part):
    """A published number: of what quantity, in which unit, and where it was read.

    `text` stands in the prose in its place. A range goes from `value` to `value_max`.
    """

    key: Slug
    quantity: Slug
    value: Number
    value_max: Number | None = None
    text: Line
    unit: Slug
    scope: OptionalText = ""
    as_of: AsOf = ""
    kind: ClaimKind
    source: OptionalSlug = ""
    locator: Short = ""
    confidence: Confidence = "original"
    conflicts_with: SlugSet = []


class Component(Part):
    """A part of the system. `also` are other words by which the text names it."""

    key: Slug
    component: Slug
    name: Line
    also: list[Line] = []
    lane: Line
    technology: Short = ""
    latency: Short = ""
    freshness: Short = ""
    scale: Short = ""
    state: ComponentState = "public"
    section: Slug = "architecture"


class Flow(Part):
    """What goes from one component to another."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    start: Slug = Field(alias="from")
    end: Slug = Field(alias="to")
    label: Label = ""
    kind: FlowKind = "request"


class CaseLink(Part):
    """How this case stands to another."""

    relation: Relation
    case_study: Slug


class Experiment(Example):
    """A claim computed anew by a job kind; `path` leads to the number in its result."""

    claim: OptionalSlug = ""
    path: Short = ""
