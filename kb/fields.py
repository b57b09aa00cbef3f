"""The fields and parts that documents are made of. Nothing here knows of Django."""

import math
import re
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=80)
]
# References without an order of their own stand sorted, each once.
SlugSet = Annotated[list[Slug], AfterValidator(lambda slugs: sorted(set(slugs)))]
# Control characters, halves of characters, and those that stand for parts while one renders.
NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ue000-\uf8ff]")


def _with_line_feeds(value: object) -> object:
    """A form in a browser sends its lines with CR LF."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def plain_text(value: str) -> str:
    """Raises ValueError for a character that is not allowed in any document."""
    if found := NOT_TEXT.search(value):
        raise ValueError(f"the character {found[0]!r} is not allowed")
    return value


def _written(value: str) -> str:
    """Raises ValueError for a text without a visible character, or with one not allowed."""
    if not value.strip():
        raise ValueError("it is blank")
    return plain_text(value)


def _tidy_body(value: object) -> object:
    """No blanks at the end of a line, and no empty lines around the whole."""
    if isinstance(value, str):
        lines = value.replace("\r\n", "\n").split("\n")
        return "\n".join(line.rstrip(" \t\r") for line in lines).strip("\n")
    return value


def _json_values(value: Any) -> Any:
    """What JSON and TOML both have. TOML has no null: a parameter that is null is left out.

    The names stand sorted: not every database keeps their order.
    """
    if isinstance(value, dict):
        kept = {plain_text(key): _json_values(value[key]) for key in sorted(value)}
        return {key: part for key, part in kept.items() if part is not None and part != {}}
    if isinstance(value, list):
        if None in value:
            raise ValueError("a list with null in it cannot be written as TOML")
        return [_json_values(part) for part in value]
    if isinstance(value, str):
        return plain_text(value.replace("\r\n", "\n"))
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError(f"{value} is no number, text, list or table of JSON")


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\n<>]+$"),
    AfterValidator(_written),
]
OptionalText = Annotated[
    str,
    StringConstraints(max_length=4000),
    BeforeValidator(_with_line_feeds),
    AfterValidator(plain_text),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000),
    BeforeValidator(_with_line_feeds),
    AfterValidator(_written),
]
Body = Annotated[str, BeforeValidator(_tidy_body), AfterValidator(plain_text)]
Year = Annotated[int, Field(ge=1700, le=2100)]
Url = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^(https?://[^\s<>\"]+)?$"),
    AfterValidator(plain_text),
]
Doi = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^(10\.\d{4,9}/[^\sA-Z]+)?$"),
    AfterValidator(plain_text),
]
Confidence = Literal["original", "abstract-only", "secondary", "unverified"]
# How a thing was read, the most trusted first.
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)


Place = tuple[int | str, ...]
BODY: Place = ("body",)


class Fault(NamedTuple):
    """What is wrong at a place of a document, and on which line of the text there, from 1."""

    place: Place
    line: int
    sentence: str


class DocumentError(Exception):
    """Something in a document is not as it must be; says where, and what would be right."""

    def __init__(self, name: str, problems: list[tuple[int, str]]):
        self.name = name
        self.problems = problems
        super().__init__("\n".join(f"{name}:{line}: {sentence}" for line, sentence in problems))


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Work(Part):
    """A cited work: the source of a case or the reference of a topic."""

    key: Slug
    title: Text
    authors: OptionalText = ""
    publisher: OptionalText = ""
    year: Year | None = None
    url: Url = ""
    doi: Doi = ""
    confidence: Confidence = "original"
    note: OptionalText = ""


class Question(Part):
    question: Text
    answer: Text


class Audience(Part):
    student: OptionalText = ""
    engineer: OptionalText = ""
    researcher: OptionalText = ""


class Chapter(Part):
    slug: Slug
    title: Line
    summary: OptionalText = ""


class Control(Part):
    """What a reader may change in a figure: a number in a range, or one of some choices.

    `param` is a path into the parameters ("prior.alpha"); the choice "null" stands for null.
    """

    param: Line
    label: Line
    minimum: float | int | None = None
    maximum: float | int | None = None
    step: float | int | None = None
    choices: list[
        Annotated[str, BeforeValidator(_with_line_feeds), AfterValidator(plain_text)] | float | int
    ] = []


class Example(Part):
    """A computed figure of a topic: a job kind with its parameters, run when published.

    It is computed whenever its topic is published or previewed, so a topic has few.
    """

    key: Slug
    title: Line
    kind: Slug
    figure: Annotated[OptionalText, Field(max_length=40)] = ""
    text: Text
    params: Annotated[dict[str, Any], AfterValidator(_json_values)] = {}
    controls: list[Control] = []
