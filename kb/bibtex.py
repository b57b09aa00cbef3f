"""Cited works as BibTeX. No Django in here."""

import re
from collections.abc import Mapping
from typing import Any

# Braces are written as commands: BibTeX counts them even behind a backslash.
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
# Fields that are taken as they stand may hold neither braces nor backslashes.
VERBATIM = {"\\": "%5C", "{": "%7B", "}": "%7D"}
MEETING = re.compile(
    r"\b(proceedings|conference|workshop|symposium|advances in|neurips|nips|icml|iclr|kdd|recsys"
    r"|sigir|sigmod|vldb|wsdm|cikm|acl|emnlp|naacl|cvpr|mlsys|osdi|nsdi|sosp)\b",
    re.IGNORECASE,
)
JOURNAL = re.compile(
    r"\b(journal|transactions|annals|bulletin|review|letters|magazine|ieee computer"
    r"|communications of the acm)\b",
    re.IGNORECASE,
)
# "Statistical Science 16(2), 101–133": a name, a volume, perhaps a number, and pages.
VOLUME = re.compile(r"(?P<name>.*\D) (?P<volume>\d+)(\((?P<number>\d+)\))?, (?P<pages>\S.*)")
BETWEEN_AUTHORS = re.compile(r"\s*;\s*|,\s*(?:and\s+)?|\s+(?:and|&)\s+")
AND_OTHERS = re.compile(r",?\s+et al\.?$")


def entry(key: str, work: Mapping[str, Any], doubt: str = "") -> str:
    """One entry; `work` has the fields of a cited work, `doubt` says how it was read."""
    kind, place = _published_in(work["publisher"])
    authors = BETWEEN_AUTHORS.split(AND_OTHERS.sub(" and others", work["authors"].strip()))
    note = ". ".join(part.strip().rstrip(".") for part in (doubt, work["note"]) if part.strip())
    fields = {
        "author": " and ".join(_text(author) for author in authors if author),
        # A second pair of braces keeps the capitals.
        "title": f"{{{_text(work['title'])}}}",
        **{name: _text(value or "") for name, value in place.items()},
        "year": str(work["year"] or ""),
        "url": _verbatim(work["url"]),
        "doi": _verbatim(work["doi"]),
        "note": _text(note),
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def _published_in(publisher: str) -> tuple[str, dict[str, str | None]]:
    """The type of an entry and the fields that say where it appeared, from one line of text."""
    if found := VOLUME.fullmatch(publisher):
        pages = re.sub(r"(?<=\d)[–-](?=\d)", "--", found["pages"])
        place = {"journal": found["name"], "volume": found["volume"], "number": found["number"]}
        return "article", place | {"pages": pages}
    if MEETING.search(publisher):
        return "inproceedings", {"booktitle": publisher}
    if JOURNAL.search(publisher):
        return "article", {"journal": publisher}
    return "misc", {"howpublished": publisher}


def _text(text: str) -> str:
    """A text in which TeX sees only characters, on one line."""
    return "".join(SPECIAL.get(character, character) for character in " ".join(text.split()))


def _verbatim(address: str) -> str:
    return "".join(VERBATIM.get(character, character) for character in address)
