"""/guide/jobs/: the documents of docs/ for clients of the API, as a page and as Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from pathlib import Path

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kb import markup
from kb.sections import Section

DOCS = Path(__file__).resolve().parent.parent / "docs"
GUIDES = ("jobs",)
# The site's address in the documents; readers see that of the site they are on.
WRITTEN_ADDRESS = "http://127.0.0.1:8000"
LANGUAGES = {"curl": "sh", "Python": "python", "JavaScript": "js"}

FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)


def _block(languages: str, label: str | None) -> str:
    """What a fenced block of some languages has become, under its label in bold."""
    above = rf"<p><strong>(?:{label})</strong></p>\s*" if label else ""
    return rf'{above}<pre class="code"><code class="language-(?:{languages})">.*?</code></pre>\s*'


GROUP = re.compile(
    rf"(?P<snippets>(?:{_block('|'.join(LANGUAGES.values()), '|'.join(LANGUAGES))})+)"
    rf"(?P<output>{_block('text', 'Prints')})?",
    re.DOTALL,
)
LABELLED = re.compile(r"<strong>(?P<label>.*?)</strong></p>\s*(?P<code><pre.*?</pre>)", re.DOTALL)
EXCHANGE = re.compile(rf"({_block('http', None)})({_block('http', None)})", re.DOTALL)
# The classes of words that code.css leaves as they are: more than half of them.
PLAIN = re.compile(r'<span class="(?:p|w|o|n|nx|nv|nn|m|err|na|l|nt|kx)">([^<]*)</span>')


@dataclass(frozen=True)
class Guide:
    """A document: the page's heading, what stands under it, and its sections."""

    title: str
    summary: str
    html: str
    sections: list[Section]


def text_of(name: str, address: str) -> str:
    """The Markdown of a document, with the site's address in the place of the written one."""
    return (DOCS / f"{name}.md").read_text().replace(WRITTEN_ADDRESS, address)


@lru_cache(maxsize=8)
def guide_of(name: str, address: str) -> Guide:
    """A document begins with `# Title` and a paragraph, its summary."""
    title, summary, body = text_of(name, address).split("\n\n", 2)
    rendered = markup.render(_with_keys(body))
    html = PLAIN.sub(r"\1", rendered.html)
    html = GROUP.sub(partial(_group, count(1)), html)
    return Guide(
        title=title.removeprefix("# "),
        summary=" ".join(summary.split()),
        html=EXCHANGE.sub(_exchange, html),
        sections=rendered.sections,
    )


def _with_keys(body: str) -> str:
    """GitHub makes keys of headings by itself, and would show ours; here they are those."""

    def keyed(found: re.Match) -> str:
        key = re.sub(r"[^a-z0-9 -]", "", found["title"].lower()).replace(" ", "-")
        return f"## {found['title']} {{#{key}}}"

    parts = FENCED.split(body)
    parts[::2] = [HEADING.sub(keyed, part) for part in parts[::2]]
    return "".join(parts)


def _group(numbers: Iterator[int], found: re.Match) -> str:
    """The same thing in several languages as one block, which a script makes into tabs."""
    number, html = next(numbers), ""
    for snippet in LABELLED.finditer(found["snippets"]):
        label = snippet["label"]
        key = f"snippet-{number}-{LANGUAGES[label]}"
        code = snippet["code"].replace("<pre", f'<pre id="{key}"', 1)
        html += (
            f'<div class="snippet" data-language="{label}">'
            f'<div class="snippet-bar"><p class="snippet-label">{label}</p>'
            f'<button type="button" class="plain" data-copy="{key}" hidden>Copy</button></div>'
            f"{code}</div>"
        )
    if found["output"]:
        html += _labelled("Prints", LABELLED.search(found["output"])["code"])
    return f'<div class="snippets" data-snippets>{html}</div>\n'


def _exchange(found: re.Match) -> str:
    return (
        '<div class="snippets">'
        f"{_labelled('Request', found[1])}{_labelled('Answer', found[2])}</div>\n"
    )


def _labelled(label: str, code: str) -> str:
    return f'<div class="snippet-plain"><p class="snippet-label">{label}</p>{code}</div>'


def _asked(request, name: str) -> tuple[str, str]:
    if name not in GUIDES:
        raise Http404
    return name, request.build_absolute_uri("/").rstrip("/")


@require_safe
def guide(request, name):
    found = guide_of(*_asked(request, name))
    outline = [{"key": section.key, "title": section.title} for section in found.sections]
    context = {"guide": found, "name": name, "outline": outline, "section": "api"}
    return render(request, "web/guide.html", context)


@require_safe
def guide_markdown(request, name):
    text = text_of(*_asked(request, name))
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")
