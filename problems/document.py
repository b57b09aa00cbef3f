"""A problem as one document: its fields, its checks, and the one text kept for each revision.

`parse_document` and `dump_document` are inverses. The text has TOML front matter between `+++`
lines, code and hints included; its body is the statement. Code is parsed here, never executed, and
nothing here knows of Django. `problems/package.py` reads and writes the same document as a folder.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from kb.document import RESERVED_SLUGS, split
from kb.fields import DocumentError, Line, Part, Slug, SlugSet, Text, plain_text
from kb.toml import FENCE, dump_toml, line_of

TYPE = "problem"
MAX_TEXT = 64 * 1024
# Fields whose code must define the problem's function.
SOLUTIONS = ("starter_code", "reference", "alternative")

HINT_HEADING = re.compile(r"## Hint (\d+)")

# A place in a document: ("hints", 2), ("misconceptions", 0, "code"), ("function", "name").
Location = tuple[int | str, ...]


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong in a file; the line is None where it is not known."""

    file: str
    line: int | None
    sentence: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.sentence}"


class BadPackage(Exception):
    """A problem is not as it must be; `complaints` names every file, line and fault."""

    def __init__(self, complaints: list[Complaint]):
        self.complaints = complaints
        super().__init__("\n".join(str(complaint) for complaint in complaints))


def _without_blank_ends(value: object) -> object:
    """Line ends become LF; blank lines before and after a text belong to its file, not to it."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip("\n")
    return value


def _inside_front_matter(value: str) -> str:
    if FENCE in value.split("\n"):
        raise ValueError(f"a line {FENCE} is not allowed, as it ends the front matter")
    return value


def _one_paragraph(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _a_hint(value: str) -> str:
    if any(HINT_HEADING.fullmatch(line) for line in value.split("\n")):
        raise ValueError("a heading “## Hint n” inside a hint would begin the next one")
    return value


Statement = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT),
    BeforeValidator(_without_blank_ends),
    AfterValidator(plain_text),
]
Block = Annotated[Statement, AfterValidator(_inside_front_matter)]
Hint = Annotated[Block, AfterValidator(_a_hint)]
Sentence = Annotated[Text, BeforeValidator(_one_paragraph), AfterValidator(plain_text)]
Teaser = Annotated[
    str,
    StringConstraints(min_length=80, max_length=400),
    BeforeValidator(_one_paragraph),
    AfterValidator(plain_text),
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=80)]


class Parameter(Part):
    name: Identifier
    type: Sentence
    text: Sentence


class Function(Part):
    """The one function that a solution defines; `signature` is what follows `def`."""

    name: Identifier
    signature: Sentence
    returns: Sentence
    raises: list[Sentence] = []
    parameters: Annotated[list[Parameter], Field(min_length=1, max_length=20)]


class Example(Part):
    """A call of the function, and what it returns, as a Python literal or an error's name."""

    input: Block
    output: Block
    explanation: Annotated[str, BeforeValidator(_one_paragraph), AfterValidator(plain_text)] = ""


class Limits(Part):
    """Of all tests together: seconds of CPU, and megabytes beyond those of NumPy itself."""

    time_seconds: Annotated[float, Field(gt=0, le=10)]
    memory_mb: Annotated[int, Field(ge=16, le=1024)]


class Tolerance(Part):
    """A number is right where |got − expected| ≤ atol + rtol · |expected|."""

    rtol: Annotated[float, Field(ge=0, le=0.1)]
    atol: Annotated[float, Field(ge=0, le=0.1)]


class Misconception(Part):
    """A known mistake: wrong code that runs, and what a tutor says to whoever made it."""

    id: Slug
    title: Line
    topic: Slug
    text: Sentence
    code: Block


class ProblemDocument(Part):
    """A whole problem. The order of the fields is the order of the keys in the text."""

    slug: Slug
    title: Line
    summary: Sentence
    difficulty: Literal["easy", "medium", "hard"]
    # The home topic first, the others sorted.
    topics: Annotated[list[Slug], Field(min_length=1)]
    techniques: SlugSet = []
    cases: SlugSet = []
    position: Annotated[int, Field(ge=1, le=1000)]
    teaser: Teaser
    licence: Line
    author: Line
    function: Function
    examples: Annotated[list[Example], Field(min_length=1, max_length=5)]
    limits: Limits
    tolerance: Tolerance
    starter_code: Block
    hints: Annotated[list[Hint], Field(min_length=3, max_length=5)]
    statement: Statement
    editorial: Block
    reference: Block
    alternative: Block
    tests: Block
    misconceptions: list[Misconception] = []

    @field_validator("slug")
    @classmethod
    def _not_reserved(cls, slug: str) -> str:
        if slug in RESERVED_SLUGS:
            raise ValueError(f"{slug!r} is a reserved word")
        return slug

    @field_validator("topics")
    @classmethod
    def _home_first(cls, slugs: list[str]) -> list[str]:
        for slug in slugs:
            if slugs.count(slug) > 1:
                raise ValueError(f"{slug!r} stands twice")
        return [slugs[0], *sorted(slugs[1:])]

    @field_validator("misconceptions")
    @classmethod
    def _sorted_by_id(cls, misconceptions: list[Misconception]) -> list[Misconception]:
        ids = [misconception.id for misconception in misconceptions]
        for one in ids:
            if ids.count(one) > 1:
                raise ValueError(f"the id {one!r} stands twice")
        return sorted(misconceptions, key=lambda misconception: misconception.id)


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place of the document, and the line inside a text, from 1."""

    location: Location
    inner: int | None
    sentence: str


def build(values: dict[str, Any]) -> tuple[ProblemDocument | None, list[Fault]]:
    """The document, if its values make one, and all that is wrong with them."""
    document, faults = None, []
    try:
        document = ProblemDocument(**values)
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            place = ".".join(str(part) for part in error["loc"])
            sentence = f"{place}: {error['msg']}."
            if error["type"] == "extra_forbidden":
                sentence = f"{place} is not known here."
            elif error["type"] == "missing":
                sentence = f"{place} is missing."
            elif error["type"] == "string_pattern_mismatch":
                sentence = f"{place}: {error['input']!r} does not fit {error['ctx']['pattern']}."
            faults.append(Fault(error["loc"], None, sentence))
    try:
        function = Function.model_validate(values.get("function"))
    except ValidationError:
        function = None
    return document, faults + list(_code_faults(values, function))


def _code_faults(values: dict[str, Any], function: Function | None) -> Iterator[Fault]:
    """Faults of the code: what is no Python, and what does not define what it must define."""
    wanted = ""
    if function:
        wanted, sentence = _declared(function)
        if sentence:
            yield Fault(("function", "signature"), None, f"signature: {sentence}")

    sources: dict[Location, object] = {(field,): values.get(field) for field in SOLUTIONS}
    for index, misconception in enumerate(values.get("misconceptions") or []):
        if isinstance(misconception, dict):
            sources["misconceptions", index, "code"] = misconception.get("code")
    for location, source in sources.items():
        if isinstance(source, str):
            found, line, sentence = _defined(source, function.name if function else None)
            if sentence:
                yield Fault(location, line, sentence)
            elif wanted and found != wanted:
                yield Fault(location, line, f"The signature is {found}; it must be {wanted}.")

    if isinstance(values.get("tests"), str):
        _, line, sentence = _defined(values["tests"], "tests")
        if sentence:
            yield Fault(("tests",), line, sentence)


def _declared(function: Function) -> tuple[str, str]:
    """The signature that a function declares, as Python writes it; or a sentence against it."""
    try:
        tree = ast.parse(f"def {function.signature}: ...")
        match tree.body:
            case [ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=body))]) as found]:
                if body is not Ellipsis:
                    return "", "it must not contain the body of the function."
            case _:
                return "", "it must declare one function."
        signature = _signature(found)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", "it must be what follows “def” in Python, without the colon."
    if found.name != function.name:
        return "", f"it declares {found.name!r}; the name is {function.name!r}."
    taken = [
        argument.arg
        for argument in ast.iter_child_nodes(found.args)
        if isinstance(argument, ast.arg)
    ]
    listed = [parameter.name for parameter in function.parameters]
    if taken != listed:
        given = ", ".join(taken) or "nothing"
        return "", f"it takes {given}; the parameters are {', '.join(listed)}."
    return signature, ""


def required_parameters(signature: str) -> list[str]:
    """The parameters of a declared signature that have no default."""
    [function] = ast.parse(f"def {signature}: ...").body
    assert isinstance(function, ast.FunctionDef)
    places = function.args
    positional = [*places.posonlyargs, *places.args]
    without = positional[: len(positional) - len(places.defaults)]
    pairs = zip(places.kwonlyargs, places.kw_defaults, strict=True)
    return [one.arg for one in (*without, *(name for name, default in pairs if default is None))]


def _defined(source: str, name: str | None) -> tuple[str, int | None, str]:
    """The signature and the line of a function at the top of a source; or a sentence against it.

    Without a name only the syntax is checked.
    """
    try:
        tree = ast.parse(source)
        for node in reversed(tree.body):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return _signature(node), node.lineno, ""
    except SyntaxError as exc:
        return "", exc.lineno, f"This is not Python: {exc.msg}."
    except (ValueError, RecursionError, MemoryError):
        return "", None, "This is not Python, or it is nested too deeply."
    if name:
        return "", 1, f"The function {name!r} is not defined here."
    return "", None, ""


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def dump_document(document: ProblemDocument) -> str:
    """The canonical text of a problem."""
    values = document.model_dump(exclude_defaults=True, exclude={"statement"})
    front = dump_toml({"type": TYPE, **values})
    return f"{FENCE}\n{front}{FENCE}\n\n{document.statement}\n"


def parse_document(text: str, name: str = "document") -> ProblemDocument:
    """A problem from its text. Raises DocumentError with every fault and its line."""
    values, statement = split(text, name)
    if values.pop("type", None) != TYPE:
        raise DocumentError(name, [(2, f'The first key must be type = "{TYPE}".')])
    document, faults = build({**values, "statement": statement})
    if faults or document is None:
        raise DocumentError(
            name, [(line_of(text, fault.location), fault.sentence) for fault in faults]
        )
    return document
