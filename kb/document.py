"""One document per entry: Markdown with TOML front matter, in one canonical form.

Nothing here knows of Django. Loading, export, publishing, history, restore and preview all go
through `parse` and `dump`, which are inverses: `dump(parse(text)) == text` for canonical text, and
`parse(dump(document)) == document` always.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args

from pydantic import Field, ValidationError

from kb.case_parts import CaseLink, Claim, Component, Experiment, Flow
from kb.fields import (
    Audience,
    Body,
    Chapter,
    DocumentError,
    Example,
    Line,
    OptionalText,
    Part,
    Question,
    Slug,
    SlugSet,
    Text,
    Url,
    Work,
    Year,
)
from kb.toml import FENCE, NotToml, dump_toml, line_of, load_toml
from kb.vocabulary import Domain, TechniqueGroup

RESERVED_SLUGS = {"compare", "feed", "today", "new"}
MAX_BYTES = 1_000_000
# The lists of parts that have keys, each of which stands once.
KEYED = ("sources", "references", "claims", "components", "experiments", "examples", "chapters")


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
    group: TechniqueGroup
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
    readers: OptionalText = ""
    audience: Audience = Audience()
    sources: list[Work] = []
    claims: list[Claim] = []
    # More of them make no picture that anybody reads.
    components: Annotated[list[Component], Field(max_length=60)] = []
    flows: Annotated[list[Flow], Field(max_length=120)] = []
    links: list[CaseLink] = []
    questions: list[Question] = []
    experiments: Annotated[list[Experiment], Field(max_length=10)] = []

    @property
    def lanes(self) -> list[str]:
        """The lanes of the picture, in the order in which components first name them."""
        return list(dict.fromkeys(component.lane for component in self.components))


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
    formula: OptionalText = ""
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
    if not isinstance(kind, str) or kind not in DOCUMENT_TYPES:
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
    if text.startswith("\ufeff"):
        raise DocumentError(name, [(1, "The text begins with a byte-order mark; leave it out.")])
    if text.startswith((FENCE + "\r\n", FENCE + "\r")):
        raise DocumentError(name, [(1, "Lines end with CR; they must end with LF alone.")])
    if not text.startswith(FENCE + "\n"):
        raise DocumentError(name, [(1, f"The first line must be {FENCE}, then the front matter.")])
    front, fence, body = text[len(FENCE) + 1 :].partition(f"\n{FENCE}\n")
    if not fence:
        raise DocumentError(name, [(1, f"The front matter is not closed by a line {FENCE}.")])
    try:
        values = load_toml(front)
    except NotToml as exc:
        line = exc.line + 1 if exc.line else front.count("\n") + 2
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
                allowed = ", ".join(_fields_at(model, error["loc"][:-1]))
                sentence = f"{place} is not known here; there are {allowed}."
            elif error["type"] == "string_pattern_mismatch":
                what = _what(place, error["ctx"]["pattern"])
                sentence = f"{place}: {error['input']!r} is not a valid {what}."
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


def _fields_at(model: type[Part], location: tuple[int | str, ...]) -> list[str]:
    """What may stand in the part of a document at a location, as it is called in its file."""
    for name in location:
        if isinstance(name, str):
            annotation: Any = model.model_fields[name].annotation
            model = next(iter(get_args(annotation)), annotation)
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [name for name in names if name != "body"]


def _what(place: str, pattern: str) -> str:
    """What a text at a place would be that matches the pattern of its field."""
    if "http" in pattern:
        return "address: it must begin with http:// or https://, without spaces and quotes"
    if "10" in pattern:
        return "DOI: in lower case, as 10.1145/2843948"
    if r"\d" in pattern:
        return "date: 2021, 2021-06 or 2021-06-30"
    if "<>" in pattern:
        name = place.rstrip(".0123456789").rpartition(".")[2]
        return f"{name}: one line without < and >"
    return "slug: lower-case letters, digits and single hyphens"


def _doubled_keys(document: Document) -> list[tuple[str, int, str]]:
    found = []
    for field in KEYED:
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


def dump(document: Document) -> str:
    """The canonical text of a document."""
    values = document.model_dump(exclude_defaults=True, exclude={"body"})
    front = dump_toml({"type": document.type, **values})
    body = document.body.strip("\n")
    return f"{FENCE}\n{front}{FENCE}\n" + (f"\n{body}\n" if body else "")


def read(path: Path, name: str) -> tuple[Document, str]:
    """A file as a document, with its text. Raises DocumentError, also where there is no text."""
    text = read_text(path, name)
    return parse(text, name), text


def read_text(path: Path, name: str) -> str:
    """The text of a file. Raises DocumentError where it cannot be read, or is not UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DocumentError(name, [(1, f"It cannot be read: {exc.strerror}.")]) from None
    return decode(data, name)


def decode(data: bytes, name: str) -> str:
    """Some bytes as text. Raises DocumentError where they are too many, or not UTF-8."""
    if len(data) > 4 * MAX_BYTES:
        raise DocumentError(name, [(1, f"The text is longer than {MAX_BYTES:,} characters.")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise DocumentError(name, [(line, "The file is not UTF-8.")]) from None
