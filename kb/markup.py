"""Markdown of the content to safe HTML with MathML. Nothing here knows of Django.

Markdown is rendered with raw HTML switched off, cleaned by nh3, and only then are the parts put in
that we make ourselves: math, figures and margin notes. Made when content is published, never when
it is read.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import NamedTuple

import nh3
from markdown_it.token import Token

from kb.fields import BODY, Place, Work
from kb.formulas import render_formula
from kb.sections import Section, split_sections, title_and_key
from kb.syntax import LIKE_A_MARK, MARKDOWN, MOST_COMPUTED, highlight_code

# A problem names its topics and cases, never the other way: pages list their problems themselves.
# The word of a link, and the type of what it leads to.
LINKED_TYPES = {
    "case": "case-study",
    "topic": "topic",
    "technique": "technique",
    "company": "company",
    "plan": "study-plan",
}
URL_SCHEMES = {"http", "https", "mailto"}
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# What somebody meant as a link, and readers would see as it is written.
LIKE_A_LINK = re.compile(r"\]\([A-Za-z]+:[^\s)]*\)")
# Placeholders are made of private-use characters, which content may not contain.
OPEN, CLOSE = "\ue000", "\ue001"
PRIVATE = re.compile(r"[\ue000-\uf8ff]")
# Of the claims of one block so many have their note open; of more, one fewer.
MOST_OPEN_NOTES = 3

ALLOWED_TAGS = {
    *("p", "h3", "h4", "ul", "ol", "li", "blockquote", "hr", "br", "em", "strong", "code", "pre"),
    *("a", "sup", "span", "div", "table", "thead", "tbody", "tr", "th", "td", "details"),
    *("summary", "aside"),
}
ALLOWED_ATTRIBUTES = {"*": {"class"}, "a": {"href", "title"}, "ol": {"start"}}
# Only `question` writes one: nobody can write HTML.
ALLOWED_ATTRIBUTES["details"] = {"id"}

Problem = tuple[int, str]
# The address of a published entry, by kind and slug; None for a planned one. Raises KeyError.
Link = Callable[[str, str], str | None]


class MarkupError(Exception):
    """Something in a text cannot be rendered; `problems` are (line, sentence), lines from 1.

    `place` says which text of its document it is: ("body",), ("lessons", 2).
    """

    def __init__(self, problems: list[Problem], place: Place = BODY):
        self.problems = problems
        self.place = place
        super().__init__("; ".join(f"line {line}: {sentence}" for line, sentence in problems))


def _no_link(kind: str, slug: str) -> str | None:
    raise KeyError(slug)


@dataclass(frozen=True)
class ClaimNote:
    """How a claim stands in a text: its words there, the key of its source and where in it, and
    a note (HTML, safe) on what was measured. `label` says how it was read, if not in the original.
    """

    text: str
    source: str
    locator: str
    note: str
    label: str = ""


@dataclass(frozen=True)
class Context:
    """What a text may refer to.

    `link` gives the address of a published entry, None for a planned one, and raises KeyError for
    one that does not exist.
    """

    works: Sequence[Work] = ()
    claims: Mapping[str, ClaimNote] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)
    link: Link = _no_link


class SelfCheck(NamedTuple):
    """A question to check oneself. Its key changes with its words, and not with its place."""

    key: str
    text: str


@dataclass
class Rendered:
    """A whole text: the HTML, its sections, and what reading it takes."""

    html: str
    sections: list[Section]
    words: int
    formulas: int
    code_lines: int
    # The questions to check oneself, each with the key by which answers to it are kept.
    questions: list[SelfCheck]
    # The claims that the text mentions: their anchors are there.
    claims: list[str]

    @property
    def minutes(self) -> int:
        """Reading time: 200 words a minute, 15 s a formula, 4 s a line of code."""
        seconds = self.words * 60 / 200 + self.formulas * 15 + self.code_lines * 4
        return max(1, round(seconds / 60))

    @property
    def text(self) -> str:
        return plain_text(self.html)


def plain_text(html: str) -> str:
    """The words of some HTML, for search and for summaries."""
    without_math = re.sub(r"<math.*?</math>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", without_math)).split())


class _Writer:
    """Renders the tokens of one text, collecting what is put in after cleaning."""

    def __init__(self, context: Context, *, has_notes: bool = False):
        self.context = context
        self.has_notes = has_notes
        self.numbers = {work.key: number for number, work in enumerate(context.works, 1)}
        # Nobody can write a placeholder: an entity or an escaped address could give its
        # characters, and they must not stand for one of the parts.
        self.nonce = secrets.token_hex(8)
        self.parts: list[str] = []
        self.problems: list[Problem] = []
        self.cited: list[tuple[str, str | None]] = []
        self.noted: set[str] = set()
        self.placed: set[str] = set()
        # Claims in the order of their first mention, and how many of them have their note.
        self.claims: list[str] = []
        self.claims_noted = 0
        self.line = 1
        self.formulas = self.code_lines = 0
        self.questions: list[SelfCheck] = []

    def place(self, html: str) -> str:
        self.parts.append(html)
        return f"{OPEN}{self.nonce}-{len(self.parts) - 1}{CLOSE}"

    def fill(self, html: str) -> str:
        return re.sub(
            f"{OPEN}{self.nonce}-([0-9]+){CLOSE}",
            lambda found: self.fill(self.parts[int(found[1])]),
            html,
        )

    def problem(self, sentence: str) -> str:
        self.problems.append((self.line, sentence))
        return ""

    def math(self, tex: str, display: bool) -> str:
        self.formulas += 1
        try:
            mathml = render_formula(tex.strip(), display=display)
        except ValueError as exc:
            return self.problem(str(exc))
        return self.place(f'<div class="math-display">{mathml}</div>' if display else mathml)

    def citation(self, token: Token) -> str:
        key, locator = token.meta["key"], token.meta["locator"] or ""
        if key not in self.numbers:
            known = ", ".join(self.numbers) or "none"
            return self.problem(f"[@{key}] is not among the sources ({known}).")
        self.cited.append((key, locator))
        number = self.numbers[key]
        title = f' title="{escape(locator, quote=True)}"' if locator else ""
        return self.place(
            f'<sup class="cite"><a href="#source-{key}"{title}'
            f' aria-label="Source {number}">{number}</a></sup>'
        )

    def claim(self, key: str) -> str:
        """The words of a claim, with a link to its note, or where it was mentioned before."""
        if key not in self.context.claims:
            known = ", ".join(self.context.claims) or "none"
            return self.problem(f"[#{key}] is not among the claims ({known}).")
        claim = self.context.claims[key]
        anchor, target = "", f"claim-{key}"
        if self.has_notes and key not in self.claims:
            self.claims.append(key)
            # The claim of a draft may lack its source.
            if claim.source in self.numbers:
                self.cited.append((claim.source, None))
            anchor, target = f' id="claim-{key}"', f"note-claim-{key}"
        doubt = ""
        if claim.label:
            doubt = f' data-doubt="{escape(claim.label)}" title="{escape(claim.label)}"'
        return self.place(
            f'<a class="claim"{anchor} href="#{target}"{doubt}>{escape(claim.text)}</a>'
        )

    def computed(self, text: str) -> str:
        if len(text) > MOST_COMPUTED or not re.search(r"\d", text):
            return self.problem(
                f"[={text}] marks more than a number; at most {MOST_COMPUTED} characters, with"
                " its unit."
            )
        return self.place(
            f'<span class="computed" title="Computed for this text">{escape(text)}</span>'
        )

    def claim_notes(self) -> str:
        """Notes on the claims mentioned for the first time since the last call."""
        notes = []
        for key in self.claims[self.claims_noted :]:
            claim = self.context.claims[key]
            number = self.numbers.get(claim.source)
            source = f'<a href="#source-{claim.source}">source {number}</a>' if number else ""
            parts = [claim.note, source, escape(claim.locator), f"<em>{claim.label}</em>"]
            told = ", ".join(part for part in parts if part and part != "<em></em>")
            notes.append(
                f'<p id="note-claim-{key}"><a href="#claim-{key}"><b>{escape(claim.text)}</b></a>'
                f" {told}.</p>"
            )
        self.claims_noted = len(self.claims)
        if len(notes) > MOST_OPEN_NOTES:
            # A long column of notes would run past its paragraph, and on a phone between two.
            first, rest = notes[: MOST_OPEN_NOTES - 1], notes[MOST_OPEN_NOTES - 1 :]
            summary = f"<summary>{len(rest)} more numbers</summary>"
            notes = [*first, f"<details>{summary}{''.join(rest)}</details>"]
        return "".join(notes)

    def notes(self) -> str:
        """One margin note on the claims mentioned, and the sources cited, since the last call."""
        notes = self.claim_notes()
        for key, locator in self.cited:
            if key not in self.noted:
                self.noted.add(key)
                number = self.numbers[key]
                work = _describe(self.context.works[number - 1], locator)
                notes += f'<p id="note-{number}"><b>{number}</b> {work}</p>'
        self.cited.clear()
        return self.place(f'<aside class="margin-note">{notes}</aside>') if notes else ""

    def figure(self, key: str) -> str:
        if key not in self.context.figures:
            known = ", ".join(self.context.figures) or "none"
            return self.problem(f"There is no example {key!r} to place; there are: {known}.")
        if key in self.placed:
            return self.problem(f"The figure {key!r} stands twice.")
        self.placed.add(key)
        return self.place(self.context.figures[key])

    def resolve_links(self, tokens: list[Token]) -> None:
        """Give internal links their address; a planned entry becomes plain text."""
        open_tags = []
        for token in tokens:
            if token.children:
                self.line = token.map[0] + 1 if token.map else self.line
                self.resolve_links(token.children)
            elif token.type == "link_open":
                open_tags.append(self.resolve_link(token))
            elif token.type == "link_close":
                token.tag = open_tags.pop()

    def resolve_link(self, token: Token) -> str:
        href = str(token.attrs.get("href", ""))
        kind, colon, slug = href.partition(":")
        if kind == "problem":
            self.problem(f"A text does not link to problem:{slug}; its page lists its problems.")
            return token.tag
        if not colon or kind not in LINKED_TYPES:
            if (found := SCHEME.match(href)) and found[1].lower() not in URL_SCHEMES:
                known = ", ".join(sorted(URL_SCHEMES.union(LINKED_TYPES)))
                self.problem(f"The link {href!r} must begin with one of {known}.")
            return token.tag
        try:
            address = self.context.link(kind, slug)
        except KeyError:
            self.problem(f"The link {kind}:{slug} leads to nothing.")
            return token.tag
        if address is None:
            token.tag, token.attrs = "span", {"class": "planned"}
        else:
            token.attrs["href"] = address
        return token.tag

    def render(self, tokens: list[Token]) -> str:
        out = []
        for token in tokens:
            self.line = token.map[0] + 1 if token.map else self.line
            out.append(self.render_token(token))
        return "".join(out)

    def render_token(self, token: Token) -> str:
        match token.type:
            case "inline":
                return self.render(token.children or [])
            case "math_inline" | "math_inline_double":
                return self.math(token.content, token.type == "math_inline_double")
            case "math_block":
                return self.math(token.content, True)
            case "citation":
                return self.citation(token)
            case "claim":
                return self.claim(token.meta["key"])
            case "computed":
                return self.computed(token.meta["text"])
            case "text" if found := LIKE_A_MARK.search(token.content):
                return self.problem(
                    f"{found[0]} is no mark: write [@key], [#key] with the key of a source or"
                    " claim, or [=3,000]."
                )
            case "text" if found := LIKE_A_LINK.search(token.content):
                return self.problem(
                    f"{found[0]} makes no link: one has no mark inside it, and an address that"
                    f" begins with one of {', '.join(sorted(URL_SCHEMES.union(LINKED_TYPES)))}."
                )
            case "container_figure_open":
                return self.figure(token.info.strip().removeprefix("figure").strip())
            case "container_figure_close":
                return ""
            case "container_note_open":
                return '<aside class="margin-note">'
            case "container_note_close":
                return "</aside>"
            case "container_question_open":
                return self.question(token.info.strip().removeprefix("question").strip())
            case "container_question_close":
                return "</details>"
            case "heading_open" if token.tag not in ALLOWED_TAGS:
                return self.problem(
                    "A section is ## at the left edge; inside it stand ### and ####."
                )
            case "th_open" | "td_open" if "style" in token.attrs:
                side = str(token.attrs["style"]).rpartition(":")[2]
                return f'<{token.tag} class="{side}">'
            case "table_open":
                return '<div class="table-scroll"><table>'
            case "table_close":
                return "</table></div>"
            case "fence":
                self.code_lines += token.content.count("\n")
                return highlight_code(token.content, token.info.strip())
        html = str(MARKDOWN.renderer.render([token], MARKDOWN.options, {}))
        return html.rstrip("\n") if token.nesting == 1 else html

    def question(self, text: str) -> str:
        tokens = MARKDOWN.parseInline(text, {})
        self.resolve_links(tokens)
        key = f"q-{hashlib.blake2b(text.encode(), digest_size=5).hexdigest()}"
        if key in {question.key for question in self.questions}:
            return self.problem(f"The question {text!r} stands twice.")
        self.questions.append(SelfCheck(key, text))
        return f'<details class="question" id="{key}"><summary>{self.render(tokens)}</summary>'


def _describe(work: Work, locator: str | None) -> str:
    """A cited work; for a claim, whose note has its locator and needs the room, in short."""
    parts = [f"<cite>{escape(work.title)}</cite>"]
    if locator is not None:
        parts = [escape(work.authors), *parts, escape(work.publisher)]
    parts += [str(work.year) if work.year else "", escape(locator or "")]
    return ", ".join(filter(None, parts)) + "."


def _clean(html: str) -> str:
    cleaned = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=URL_SCHEMES,
        link_rel="noopener noreferrer",
    )
    # An empty corner of a table is no heading.
    return re.sub(r"<th([^>]*)>\s*</th>", r"<td\1></td>", cleaned)


def _refuse_private(text: str, place: Place) -> None:
    if found := PRIVATE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise MarkupError([(line, "Private-use characters are not allowed.")], place)


def render_inline(text: str, context: Context | None = None, place: Place = BODY) -> str:
    """One string without blocks: emphasis, code, math and citations. Raises MarkupError."""
    _refuse_private(text, place)
    writer = _Writer(context or Context())
    tokens = MARKDOWN.parseInline(text, {})
    writer.resolve_links(tokens)
    html = writer.fill(_clean(writer.render(tokens)))
    if writer.problems:
        raise MarkupError(writer.problems, place)
    return html


def render(body: str, context: Context | None = None, place: Place = BODY) -> Rendered:
    """A whole text with sections. Raises MarkupError with every problem and its line."""
    _refuse_private(body, place)
    writer = _Writer(context or Context(), has_notes=True)
    tokens = MARKDOWN.parse(body)
    writer.resolve_links(tokens)
    lines = body.split("\n")
    sections: list[Section] = []
    html: list[str] = []
    for heading, blocks, first, last in split_sections(tokens, len(lines)):
        inner = writer.fill(_clean(_render_blocks(writer, blocks)))
        if heading is None:
            html.append(inner)
            continue
        try:
            title, key = title_and_key(heading)
        except ValueError as exc:
            writer.problems.append((first, str(exc)))
            continue
        if key in {section.key for section in sections}:
            writer.problems.append((first, f"The section key {key!r} stands twice."))
        markdown = "\n".join(lines[first:last]).strip("\n")
        sections.append(Section(key, title, markdown, inner))
        html.append(f'<section id="{key}"><h2>{escape(title)}</h2>\n{inner}</section>\n')
    if writer.problems:
        raise MarkupError(sorted(writer.problems), place)
    whole = "".join(html)
    return Rendered(
        html=whole,
        sections=sections,
        words=len(plain_text(re.sub(r"<pre.*?</pre>", " ", whole, flags=re.DOTALL)).split()),
        formulas=writer.formulas,
        code_lines=writer.code_lines,
        questions=writer.questions,
        claims=writer.claims,
    )


def _render_blocks(writer: _Writer, tokens: list[Token]) -> str:
    """Block after block, each followed by the margin notes of the sources it cites first."""
    out, start = [], 0
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            out.append(writer.render(tokens[start : index + 1]))
            out.append(writer.notes())
            start = index + 1
    return "".join(out)
