"""Cited works as BibTeX: whatever their words, they are entries that TeX can set."""

import pytest

from kb import bibtex
from tests.kb.bib import parse

WORK = {
    **dict.fromkeys(["authors", "publisher", "url", "doi", "note"], ""),
    "title": "A title",
    "year": None,
}


def one_entry(**values) -> dict[str, str]:
    return parse(bibtex.entry("case:key", WORK | values))["case:key"]


@pytest.mark.parametrize(
    ("plain", "tex"),
    [
        ("R&D at 50% for $1_000 #1", r"R\&D at 50\% for \$1\_000 \#1"),
        ("{x} ~ y^2 \\ z", r"\textbraceleft{}x\textbraceright{} \textasciitilde{}"
                           r" y\textasciicircum{}2 \textbackslash{} z"),
        ("unbalanced }{ and } @misc{x,", r"unbalanced \textbraceright{}\textbraceleft{} and"
                                        r" \textbraceright{} @misc\textbraceleft{}x,"),
        ("größer —\n  日本", "größer — 日本"),
    ],
)  # fmt: skip
def test_what_means_something_to_tex_is_escaped(plain, tex):
    entry = one_entry(title=plain, note=plain, authors=plain.replace("&", "and"))
    assert entry["title"] == f"{{{tex}}}"
    assert entry["note"] == tex


def test_addresses_are_verbatim_and_never_break_an_entry():
    entry = one_entry(url="https://example.org/a_b%20c?x=1&y=#z{}\\", doi="10.1000/a_(b)")
    assert entry["url"] == "https://example.org/a_b%20c?x=1&y=#z%7B%7D%5C"
    assert entry["doi"] == "10.1000/a_(b)"


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Carlos A. Gomez-Uribe, Neil Hunt", ["Carlos A. Gomez-Uribe", "Neil Hunt"]),
        ("A. One, B. Two, and C. Three", ["A. One", "B. Two", "C. Three"]),
        ("A. One and B. Two", ["A. One", "B. Two"]),
        ("A. One; B. Two & C. Three", ["A. One", "B. Two", "C. Three"]),
        ("D. Sculley and others", ["D. Sculley", "others"]),
        ("D. Sculley et al.", ["D. Sculley", "others"]),
        ("Anders Andersson", ["Anders Andersson"]),
    ],
)
def test_authors_are_joined_by_and(authors, names):
    assert one_entry(authors=authors)["author"].split(" and ") == names


@pytest.mark.parametrize(
    ("publisher", "fields"),
    [
        (
            "Statistical Science 16(2), 101–133",
            {
                "type": "article",
                "journal": "Statistical Science",
                "volume": "16",
                "number": "2",
                "pages": "101--133",
            },
        ),
        (
            "Psychonomic Bulletin & Review 28, 795–812",
            {
                "type": "article",
                "journal": r"Psychonomic Bulletin \& Review",
                "volume": "28",
                "pages": "795--812",
            },
        ),
        ("KDD 2017", {"type": "inproceedings", "booktitle": "KDD 2017"}),
        ("Journal of Things", {"type": "article", "journal": "Journal of Things"}),
        ("Netflix TechBlog", {"type": "misc", "howpublished": "Netflix TechBlog"}),
        ("arXiv:1911.02150", {"type": "misc", "howpublished": "arXiv:1911.02150"}),
        ("", {"type": "misc"}),
    ],
)
def test_the_type_of_an_entry_follows_from_where_it_appeared(publisher, fields):
    entry = one_entry(publisher=publisher)
    assert {name: entry[name] for name in entry if name != "title"} == fields
