"""The sections of a text: each begins with a heading `## Title {#key}` at the left edge."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from markdown_it.token import Token

from kb.syntax import MARKDOWN

HEADING = re.compile(r"^(?P<title>.*?)\s*\{#(?P<key>[a-z0-9]+(?:-[a-z0-9]+)*)\}$")


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    markdown: str
    html: str


class Blocks(NamedTuple):
    """The tokens below a heading; None stands for what comes before the first.

    `first` is the line of the heading, counted from 1, and `last` the last line below it.
    """

    heading: str | None
    tokens: list[Token]
    first: int
    last: int


def split_sections(tokens: list[Token], line_count: int) -> list[Blocks]:
    found: list[Blocks] = []
    heading: str | None = None
    blocks: list[Token] = []
    first = 0
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0:
            start, end = token.map or [first, first]
            if heading is not None or blocks:
                found.append(Blocks(heading, blocks, first, start))
            heading, blocks, first = tokens[index + 1].content, [], end
            index += 3
            continue
        blocks.append(token)
        index += 1
    if heading is not None or blocks:
        found.append(Blocks(heading, blocks, first, line_count))
    return found


def title_and_key(heading: str) -> tuple[str, str]:
    """Raises ValueError for a heading without a key."""
    found = HEADING.match(heading)
    if not found:
        raise ValueError(f"The section {heading!r} has no key; write '## {heading} {{#key}}'.")
    return found["title"], found["key"]


def sections_of(body: str) -> list[Blocks]:
    """The sections of a text, without what comes before the first."""
    blocks = split_sections(MARKDOWN.parse(body), body.count("\n") + 1)
    return [section for section in blocks if section.heading is not None]


def key_of(heading: str) -> str:
    """Empty for a heading without a key."""
    found = HEADING.match(heading)
    return found["key"] if found else ""
