"""What docs/jobs.md holds: snippets with what they print, and requests with their answers."""

import re
from dataclasses import dataclass, field
from email.parser import HeaderParser

from web.guide import DOCS, WRITTEN_ADDRESS

TEXT = (DOCS / "jobs.md").read_text()
FENCE = re.compile(
    r"(?:^\*\*(?P<label>[A-Za-z]+)\*\*\n\n)?^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
LABELS = {"sh": "curl", "python": "Python", "js": "JavaScript", "text": "Prints", "http": None}


@dataclass
class Group:
    """The same in several languages, and what each of them prints."""

    line: int
    snippets: dict[str, str] = field(default_factory=dict)
    output: str = ""


@dataclass
class Message:
    """A request or an answer as the document shows it; `first` is its first line in words."""

    first: list[str]
    headers: dict[str, str]
    body: str


@dataclass
class Exchange:
    line: int
    request: Message
    answer: Message

    @property
    def status(self) -> int:
        return int(self.answer.first[1])


def _message(text: str) -> Message:
    first, _, rest = text.partition("\n")
    head, _, body = rest.partition("\n\n")
    headers = dict(HeaderParser().parsestr(head).items())
    return Message(first.split(), headers, body.rstrip("\n"))


def read(text: str) -> tuple[list[Group], list[Exchange]]:
    """Raises ValueError, with the line, for a block that is neither run nor compared."""
    groups: list[Group] = []
    exchanges: list[Exchange] = []
    request: Message | None = None
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        language = found["language"]
        if LABELS.get(language, "") != found["label"]:
            raise ValueError(f"Line {line}: nothing runs a block of {language!r} labelled so.")
        if language == "http":
            message = _message(found["text"])
            if request is None:
                request = message
            else:
                exchanges.append(Exchange(line, request, message))
                request = None
        elif language == "text":
            groups[-1].output = found["text"]
        else:
            if not groups or groups[-1].output:
                groups.append(Group(line))
            groups[-1].snippets[language] = found["text"]
    if request is not None:
        raise ValueError(f"The request {' '.join(request.first)} has no answer.")
    return groups, exchanges


def at(code: str, address: str, **given: str) -> str:
    """A snippet for a site, with the token or the password of somebody there in its place."""
    code = code.replace(WRITTEN_ADDRESS, address)
    for name, value in given.items():
        code = code.replace(f"YOUR-{name.upper()}", value)
    return code


def prints(written: str, printed: str) -> bool:
    """Whether something printed is what is written, where … stands for anything; spaces aside."""
    parts = "".join(written.split()).split("…")
    return bool(re.fullmatch(".*?".join(map(re.escape, parts)), "".join(printed.split())))
