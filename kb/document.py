"""One document per entry: Markdown with TOML front matter, in one canonical form.

Nothing here knows of Django. Loading, export, publishing, history, restore and preview all go
through `parse` and `dump`, which are inverses: `dump(parse(text)) == text` for canonical text, and
`parse(dump(document)) == document` always.
"""

import math
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from kb.toml import FENCE, dump_toml

RESERVED_SLUGS = {"compare", "feed", "today", "new"}
MAX_BYTES = 1_000_000

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
    AfterValidator(plain_text),
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
    AfterValidator(plain_text),
]
Body = Annotated[str, BeforeValidator(_tidy_body), AfterValidator(plain_text)]
Year = Annotated[int, Field(ge=1700, le=2100)]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^(https?://[^\s<>\"]+)?$")]
Confidence = Literal["original", "abstract-only", "secondary", "unverified"]
Domain = Literal[
    "recommendation",
    "fraud-and-risk",
    "ml-platform",
    "ads-and-search",
    "language",
    "forecasting",
    "other",
]


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
    choices: list[str | float | int] = []


class Example(Part):
    """A computed figure of a topic: a job kind with its parameters, run when published.

    It is computed whenever its topic is published or previewed, so a topic has few.
    """

    key: Slug
    title: Line
    kind: Slug
    figure: OptionalText = ""
    text: Text
    params: Annotated[dict[str, Any], AfterValidator(_json_values)] = {}
    controls: list[Control] = []


class Document(Part):
    """What every document has. The order of the fields is the order of the keys in the file."""

    TYPE: ClassVar[str] = ""
    slug: Slug
    title: Line
    summary: Text
    body: Body = ""

    @property
    def type(self) -> str:
        return self.TYPE


class CompanyDocument(Document):
    TYPE: ClassVar[str] = "company"
    aliases: list[Line] = []
    industry: OptionalText = ""
    website: Url = ""


class TechniqueDocument(Document):
    TYPE: ClassVar[str] = "technique"
    group: Line
    synonyms: list[Line] = []


class CaseStudyDocument(Document):
    TYPE: ClassVar[str] = "case-study"
    company: Slug
    domain: Domain
    year: Year
    techniques: SlugSet = []
    topics: SlugSet = []
    lessons: list[Text] = []
    negative_results: list[Text] = []
    not_public: list[Text] = []
    teaser: OptionalText = ""
    audience: Audience = Audience()
    sources: list[Work] = []
    questions: list[Question] = []


class StudyPlanDocument(Document):
    TYPE: ClassVar[str] = "study-plan"
    position: Annotated[int, Field(ge=1, le=1000)]
    chapters: list[Chapter] = []


class TopicDocument(Document):
    TYPE: ClassVar[str] = "topic"
    plan: Slug
    chapter: Slug
    position: Annotated[int, Field(ge=1, le=1000)]
    minutes: Annotated[int, Field(ge=1, le=600)]
    outcomes: list[Text] = []
    prerequisites: SlugSet = []
    techniques: SlugSet = []
    teaser: OptionalText = ""
    references: list[Work] = []
    examples: Annotated[list[Example], Field(max_length=20)] = []


DOCUMENT_TYPES: dict[str, type[Document]] = {
    cls.TYPE: cls
    for cls in (
        CompanyDocument,
        TechniqueDocument,
        StudyPlanDocument,
        TopicDocument,
        CaseStudyDocument,
    )
}


def parse(text: str, name: str = "document") -> Document:
    """Read a document of any type. Raises DocumentError with every problem and its line."""
    values, body = split(text, name)
    kind = values.pop("type", None)
    if kind not in DOCUMENT_TYPES:
        known = ", ".join(DOCUMENT_TYPES)
        raise DocumentError(name, [(2, f"type is {kind!r}; it must be one of {known}.")])
    return build(DOCUMENT_TYPES[kind], values, body, text, name)


def split(text: str, name: str) -> tuple[dict[str, Any], str]:
    """The front matter as a dict, and the body. Raises DocumentError."""
    if len(text) > MAX_BYTES:
        raise DocumentError(name, [(1, f"The text is longer than {MAX_BYTES:,} characters.")])
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DocumentError(name, [(line, "A NUL character is not allowed.")])
    if not text.startswith(FENCE + "\n"):
        raise DocumentError(name, [(1, f"The first line must be {FENCE}, then the front matter.")])
    front, fence, body = text[len(FENCE) + 1 :].partition(f"\n{FENCE}\n")
    if not fence:
        raise DocumentError(name, [(1, f"The front matter is not closed by a line {FENCE}.")])
    try:
        values = tomllib.loads(front)
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r"at line (\d+)", str(exc))
        line = int(found[1]) + 1 if found else front.count("\n") + 2
        raise DocumentError(name, [(line, f"The front matter is not TOML: {exc}.")]) from None
    return values, body.strip("\n")


def build(
    model: type[Document], values: dict[str, Any], body: str, text: str, name: str
) -> Document:
    """A document of one type from its values. Raises DocumentError."""
    problems: list[tuple[int, str]] = []
    if "body" in values:
        problems.append((line_of(text, ("body",)), "body is what follows the front matter."))
    try:
        document = model(**{**values, "body": body})
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            place = ".".join(str(part) for part in error["loc"])
            sentence = f"{place}: {error['msg']}."
            if error["type"] == "extra_forbidden":
                allowed = ", ".join(field for field in model.model_fields if field != "body")
                sentence = f"{place} is not known here; a {model.TYPE} has {allowed}."
            elif error["type"] == "string_pattern_mismatch":
                sentence = f"{place}: {error['input']!r} is not a valid {_what(place)}."
            problems.append((line_of(text, error["loc"]), sentence))
        raise DocumentError(name, problems) from None
    if document.slug in RESERVED_SLUGS:
        problems.append((line_of(text, ("slug",)), f"slug: {document.slug!r} is a reserved word."))
    problems += [
        (line_of(text, (field, index, "key")), f"{field}: the key {key!r} stands twice.")
        for field, index, key in _doubled_keys(document)
    ]
    if problems:
        raise DocumentError(name, problems)
    return document


def _what(place: str) -> str:
    last = place.rpartition(".")[2]
    if last in {"url", "website"}:
        return "address: it must begin with http:// or https://"
    if last in {"title", "label", "group", "param"}:
        return f"{last}: one line without < and >"
    return "slug: lower-case letters, digits and single hyphens"


def _doubled_keys(document: Document) -> list[tuple[str, int, str]]:
    found = []
    for field in ("sources", "references", "examples", "chapters"):
        seen: set[str] = set()
        for index, part in enumerate(getattr(document, field, [])):
            key = part.slug if isinstance(part, Chapter) else part.key
            if key in seen:
                found.append((field, index, key))
            seen.add(key)
    return found


def body_line(text: str) -> int:
    """The line of a document's text on which its body begins."""
    front, _, body = text.partition(f"\n{FENCE}\n")
    return front.count("\n") + 3 + len(body) - len(body.lstrip("\n"))


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line of a value in the front matter; of the nearest enclosing table if it is absent."""
    lines = text.split("\n")
    start, prefix = 1, ""
    for depth, part in enumerate(location):
        if isinstance(part, int):
            continue
        path = f"{prefix}.{part}" if prefix else part
        following = location[depth + 1] if depth + 1 < len(location) else None
        nth = following if isinstance(following, int) else 0
        headers = [
            number
            for number, line in enumerate(lines[start:], start)
            if line.strip() in (f"[{path}]", f"[[{path}]]")
        ]
        if nth < len(headers):
            start, prefix = headers[nth], path
            continue
        for number in range(start, len(lines)):
            line = lines[number]
            if line == FENCE or (number > start and line.startswith("[") and prefix):
                break
            if re.match(rf"{re.escape(part)}\s*=", line):
                return number + 1
        break
    return start + 1


def dump(document: Document) -> str:
    """The canonical text of a document."""
    values = document.model_dump(exclude_defaults=True, exclude={"body"})
    front = dump_toml({"type": document.type, **values})
    body = document.body.strip("\n")
    return f"{FENCE}\n{front}{FENCE}\n" + (f"\n{body}\n" if body else "")


def read(path: Path, name: str) -> tuple[Document, str]:
    """A file as a document, with its text. Raises DocumentError, also where it is not UTF-8."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise DocumentError(name, [(line, "The file is not UTF-8.")]) from None
    return parse(text, name), text
