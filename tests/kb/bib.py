"""Reads BibTeX as BibTeX does: by counting braces; one behind a backslash counts, too."""

import re

ENTRY = re.compile(r"@(?P<type>\w+)\{(?P<key>[^\s,{}]+),\n")
FIELD = re.compile(r"\s*(?P<name>\w+) = \{")


def parse(bib: str) -> dict[str, dict[str, str]]:
    """Entries by key, which must be unique: their fields as they stand, and their type."""
    entries, at = {}, 0
    while found := ENTRY.search(bib, at):
        assert found["key"] not in entries
        fields, at = {"type": found["type"]}, found.end()
        while field := FIELD.match(bib, at):
            depth, start = 1, field.end()
            at = start
            while depth:
                depth += {"{": 1, "}": -1}.get(bib[at], 0)
                at += 1
            fields[field["name"]] = bib[start : at - 1]
            assert bib[at] == ","
            at += 1
        assert bib[at : at + 3] == "\n}\n"
        entries[found["key"]] = fields
    assert len(re.findall(r"^@", bib, re.MULTILINE)) == len(entries)
    return entries
