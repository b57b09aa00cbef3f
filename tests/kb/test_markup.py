"""Markdown to HTML: what it may say, what it refuses with its line, and what never goes live."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.fields import Work
from kb.markup import ClaimNote, Context, MarkupError, plain_text, render, render_inline

WORKS = [
    Work(key="first", title="The first <b>work</b>", authors="A. Author", year=2015),
    Work(key="second", title="The second", publisher="<img src=x onerror=alert(1)>"),
]
ADDRESSES = {("topic", "known"): "/topics/known/", ("topic", "planned"): None}
CONTEXT = Context(
    works=WORKS,
    figures={"grid": '<figure class="figure">A grid</figure>'},
    link=lambda kind, slug: ADDRESSES[kind, slug],
)
MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub"),
    *("msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle"),
    *("mpadded", "mphantom", "menclose", "mmultiscripts", "mprescripts", "none", "merror"),
}
TAGS = MATHML | {
    *("section", "h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "hr", "br", "em", "strong"),
    *("code", "pre", "a", "sup", "span", "div", "table", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "aside", "b", "cite", "figure"),
}
ATTRIBUTES = {
    "a": {"href", "title", "rel", "class", "aria-label"},
    "ol": {"start", "class"},
    "section": {"id"},
    "aside": {"class"},
    # Questions to check oneself.
    "details": {"id", "class"},
    # Notes in the margin.
    "p": {"class", "id"},
}
MATH_ATTRIBUTES = {
    *("class", "display", "mathvariant", "stretchy", "fence", "form", "separator", "lspace"),
    *("rspace", "minsize", "maxsize", "accent", "accentunder", "displaystyle", "scriptlevel"),
    *("width", "height", "depth", "voffset", "linethickness", "notation", "columnalign"),
    *("movablelimits", "symmetric", "largeop", "mathcolor", "columnlines", "rowlines"),
}


class Inspector(HTMLParser):
    """Collects what a browser would make of some HTML, and what it must not be given."""

    def __init__(self):
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        allowed = MATH_ATTRIBUTES if tag in MATHML else ATTRIBUTES.get(tag, {"class"})
        for name, value in attrs:
            if name not in allowed:
                self.wrong.append(f"<{tag} {name}={value!r}>")
            if name == "href":
                scheme = urlsplit((value or "").strip()).scheme.lower()
                if scheme not in ("", "http", "https", "mailto"):
                    self.wrong.append(f"href={value!r}")

    handle_startendtag = handle_starttag

    def handle_comment(self, data):
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.wrong.append(f"<!{decl}>")

    def handle_pi(self, data):
        self.wrong.append(f"<?{data}>")


def faults(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.wrong


def problems(body: str) -> list[tuple[int, str]]:
    with pytest.raises(MarkupError) as caught:
        render(body, CONTEXT)
    return caught.value.problems


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<!-- --><![CDATA[<b>]]><?php ?>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](%6aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml,<svg/onload=1>)",
    "<javascript:alert(1)>",
    "[x][r]\n\n[r]: javascript:alert(1)",
    '[x](https://example.org "\\" onmouseover=\\"alert(1)")',
    "[x](https://example.org '\"><script>alert(1)</script>')",
    '[@first, "><script>alert(1)</script>]',
    '[@first, x" onmouseover="alert(1)]',
    ":::question <img src=x onerror=alert(1)>\nanswer <script>1</script>\n:::",
    ":::note\n<script>alert(1)</script>\n:::",
    "## <script>alert(1)</script> {#key}\n\ntext",
    '```"><script>alert(1)</script>\ncode\n```',
    '```py" onload="alert(1)\n<script>alert(1)</script>\n```',
    "| <script>1</script> |\n|---|\n| <b onclick=1>x</b> |",
    "`<script>alert(1)</script>`",
    "$\\text{<script>alert(1)</script>}$",
    "$<img src=x onerror=alert(1)>$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&#xe000;0&#xe001; &#xe000;99&#xe001;",
    "<http://a/%EE%80%800%EE%80%81>",
    '[x](https://a "&#xe000;0&#xe001;") $x$',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_live_comes_out_of_a_body(attack):
    try:
        html = render(attack, CONTEXT).html
    except MarkupError:
        return
    assert faults(html) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_live_comes_out_of_a_single_line(attack):
    try:
        html = render_inline(attack, CONTEXT)
    except MarkupError:
        return
    assert faults(html) == []


nasty = st.lists(
    st.one_of(
        st.sampled_from([*ATTACKS, *"<>\"'&[]()$`#*_\\!|:\n", "\n\n", ":::", "$$", "[@first]"]),
        st.text(max_size=8),
    ),
    max_size=8,
).map("".join)


@given(nasty)
@settings(max_examples=300, deadline=None)
def test_no_text_whatever_gives_anything_but_the_allowed_tags_and_attributes(text):
    for make in (lambda: render(text, CONTEXT).html, lambda: render_inline(text, CONTEXT)):
        try:
            html = make()
        except MarkupError:
            continue
        assert faults(html) == []


@given(st.text(min_size=1, max_size=30), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_formula_whatever_gives_anything_but_mathml(tex, display):
    fence = "$$" if display else "$"
    try:
        html = render(f"{fence}{tex}{fence}", CONTEXT).html
    except MarkupError:
        return
    assert faults(html) == []


def test_math_is_mathml_with_classes_and_without_styles():
    html = render("$$\\begin{aligned}\\posterior{p} &= \\frac{a}{b}\\end{aligned}$$").html
    assert '<math display="block">' in html
    assert "<mfrac>" in html
    assert "math-posterior" in html
    assert "style" not in html.replace("displaystyle", "")
    assert "$" not in html


def test_unknown_tex_is_an_error_with_its_line():
    [(line, sentence)] = problems("Words.\n\nMore words and $\\nonsense{x}$ here.")
    assert line == 3
    assert "\\nonsense" in sentence


def test_a_colour_of_ones_own_is_an_error():
    [(line, sentence)] = problems("$\\color{red}x$")
    assert line == 1
    assert "\\prior{}" in sentence


def test_every_problem_is_named_in_the_order_of_the_lines():
    found = problems("$\\one$\n\n[@nobody]\n\n[x](topic:unknown)\n\n:::figure none\n:::")
    assert [line for line, _ in found] == [1, 3, 5, 7]


def test_a_citation_becomes_a_number_and_a_note_beside_its_first_paragraph():
    html = render("One [@second, page 3].\n\nTwo [@second] [@first].", CONTEXT).html
    assert html.count('<a href="#source-second"') == 2
    assert '<a href="#source-first" aria-label="Source 1">1</a>' in html
    assert html.count('id="note-2"') == 1
    assert html.index('id="note-2"') < html.index("Two")
    assert "page 3" in html
    assert "The first &lt;b&gt;work" in html


def test_an_unknown_source_is_an_error_that_names_the_known_ones():
    assert "first, second" in problems("[@third]")[0][1]


def test_a_margin_note_a_figure_and_a_self_check_stand_where_they_were_written():
    made = render(
        ":::note\nBeside.\n:::\n\n:::figure grid\n:::\n\n:::question How *many*?\n$2$.\n:::",
        CONTEXT,
    )
    assert '<aside class="margin-note"><p>Beside.</p>' in made.html
    assert '<figure class="figure">A grid</figure>' in made.html
    assert "<summary>How <em>many</em>?</summary>" in made.html
    assert (len(made.questions), made.formulas) == (1, 1)


def test_a_link_leads_to_what_is_published_and_is_text_where_it_is_planned():
    html = render("[this](topic:known) and [that](topic:planned)", CONTEXT).html
    assert '<a href="/topics/known/"' in html
    assert '<span class="planned">that</span>' in html


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("topic:unknown", "leads to nothing"),
        ("problem:some", "its page lists its problems"),
        ("topics:known", "must begin with one of"),
        ("ftp://example.org", "must begin with one of"),
    ],
)
def test_a_link_that_leads_nowhere_is_an_error(link, sentence):
    [(line, said)] = problems(f"Words.\n\n[x]({link})")
    assert line == 3
    assert sentence in said


def test_sections_have_their_keys_and_hold_the_whole_text():
    made = render("Before.\n\n## One {#one}\n\nText *one*.\n\n## Two & three {#two-3}\n\nText.")
    assert [(part.key, part.title) for part in made.sections] == [
        ("one", "One"),
        ("two-3", "Two & three"),
    ]
    assert made.sections[0].markdown == "Text *one*."
    assert made.sections[0].html == "<p>Text <em>one</em>.</p>\n"
    assert '<section id="two-3"><h2>Two &amp; three</h2>' in made.html
    assert made.html.startswith("<p>Before.</p>")


@pytest.mark.parametrize(
    ("body", "line", "sentence"),
    [
        ("## One {#one}\n\n## Two\n", 3, "has no key"),
        ("## One {#one}\n\n## Two {#one}\n", 3, "stands twice"),
        ("## One {#One}\n", 1, "has no key"),
        ("words\n\n# One\n", 3, "A section is ##"),
        ("words\n\n> ## One {#one}\n", 3, "A section is ##"),
        ("a\nb\ue000", 2, "Private-use"),
    ],
)
def test_a_heading_or_a_character_that_cannot_be_is_an_error(body, line, sentence):
    found = problems(body)[0]
    assert found[0] == line
    assert sentence in found[1]


def test_tables_keep_the_side_of_their_columns_without_a_style():
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |").html
    assert '<th class="right">b</th>' in html
    assert "style" not in html


def test_code_is_coloured_by_classes_and_escaped():
    html = render("```python\nprint('<b>')\n```").html
    assert '<code class="language-python">' in html
    assert "&lt;b&gt;" in html
    assert "style=" not in html


def test_reading_time_counts_words_formulas_and_lines_of_code():
    made = render("word " * 400 + "\n\n$x$ $y$ $z$ $w$\n\n```python\n" + "a = 1\n" * 15 + "```")
    # 2 minutes of words, 1 of formulas, 1 of code.
    assert made.minutes == 4


def test_plain_text_has_the_words_and_no_markup():
    assert plain_text(render("*A* & $x^2$ `b`").html) == "A & b"


def test_of_many_numbers_in_one_paragraph_the_notes_of_most_are_folded_away():
    claims = {
        key: ClaimNote(text=f"{key} of them", source="first", locator="", note="anvils")
        for key in ("one", "two", "three", "four")
    }
    context = Context(works=WORKS, claims=claims)
    html = render("[#one] [#two] [#three].\n\n[#four], and again [#one].", context).html
    assert "<details>" not in html
    assert html.count('<aside class="margin-note">') == 2
    html = render("[#one] [#two] [#three] [#four].", context).html
    assert html.count("<aside") == 1
    shown, folded = html.split("<details><summary>2 more numbers</summary>")
    assert re.findall('<p id="note-claim-([a-z]+)">', shown) == ["one", "two"]
    assert re.findall('<p id="note-claim-([a-z]+)">', folded) == ["three", "four"]
    assert '<p id="note-1"><b>1</b>' in folded
