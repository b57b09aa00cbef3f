"""The Markdown of the content: CommonMark, tables, math, and the marks of our own.

`[@key, page 4]` cites a source, `[#key]` puts in a claim, `[=3,000]` marks a number that was
computed for the text. Nothing here knows of Django.
"""

import re
from collections.abc import Iterator
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_KEY = r"(?P<key>[a-z0-9]+(?:-[a-z0-9]+)*)"
MARKS = {
    "citation": re.compile(rf"\[@{_KEY}(?:,\s*(?P<locator>[^\]\n]+))?\]"),
    "claim": re.compile(rf"\[#{_KEY}\]"),
    "computed": re.compile(r"\[=(?P<text>[^\[\]\n]+)\]"),
}

# What somebody meant as a mark: the key of one has no capital letters, blanks or underscores.
LIKE_A_MARK = re.compile(r"\[[@#=][^\[\]\n]*\]?")
# A number with its unit; a sentence with numbers in it is not marked as a whole.
MOST_COMPUTED = 40


def _mark_rule(state: StateInline, silent: bool) -> bool:
    for name, pattern in MARKS.items():
        if found := pattern.match(state.src, state.pos):
            if not silent:
                state.push(name, "", 0).meta = found.groupdict()
            state.pos = found.end()
            return True
    return False


def highlight_code(code: str, language: str, _attributes: str = "") -> str:
    """A block of code with a class for each kind of word."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    body = highlight(code, lexer, HtmlFormatter(nowrap=True))
    name = escape(language or "text", quote=True)
    return f'<pre class="code"><code class="language-{name}">{body}</code></pre>'


def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "typographer": True, "highlight": highlight_code}
    )
    parser.enable(["table", "smartquotes"]).disable("image")
    # The marks must be tried before "link", which would take their bracket.
    parser.inline.ruler.before("link", "marks", _mark_rule)
    dollarmath_plugin(parser, allow_space=False, allow_digits=False, double_inline=True)
    for name in ("note", "figure", "question"):
        container_plugin(parser, name)
    return parser


MARKDOWN = _parser()


def prose_of(text: str) -> Iterator[tuple[int, str]]:
    """The words of a text as they stand, piece by piece, each with its line, counted from 1.

    Without marks, math, code and addresses; with the words of questions and of headings.
    """
    yield from words_in(MARKDOWN.parse(text))


def words_in(blocks: list[Token]) -> Iterator[tuple[int, str]]:
    """The same of a part of a text."""
    for token in blocks:
        line = token.map[0] + 1 if token.map else 1
        if token.type == "inline":
            yield from _words(token.children or [], line)
        elif token.type == "container_question_open":
            words = token.info.strip().removeprefix("question")
            yield from _words(MARKDOWN.parseInline(words)[0].children or [], line)


def _words(tokens: list[Token], line: int) -> Iterator[tuple[int, str]]:
    """Neighbouring words as one piece: a mark, math or code ends a piece, emphasis does not."""
    piece, is_address = "", False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            # Between < and > an address is its own text; the title of a link is words as well.
            is_address = token.type == "link_open" and token.info == "auto"
            yield line, str(token.attrs.get("title", ""))
        elif token.type == "text":
            piece += "" if is_address else token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield line, piece
            line, piece = line + 1, ""
        elif token.nesting == 0:
            yield line, piece
            piece = ""
    yield line, piece
