"""Two misconceptions at once, as one text of Python."""

import difflib
from itertools import pairwise

__all__ = ["merged"]


def merged(base: str, one: str, other: str) -> str | None:
    """The base with the changes of both texts; None where these touch the same lines.

    A pair is only ever run as this text: two changes of different lines of the reference.
    """
    lines = base.split("\n")
    edits = sorted([*_edits(lines, one), *_edits(lines, other)], reverse=True)
    for (start, _, _), (before, end, _) in pairwise(edits):
        if end > start or before == start:
            return None
    for start, end, replacement in edits:
        lines[start:end] = replacement
    return "\n".join(lines)


def _edits(lines: list[str], text: str) -> list[tuple[int, int, list[str]]]:
    """What of the base is replaced by what: from a line, up to a line, and the new ones."""
    changed = text.split("\n")
    blocks = difflib.SequenceMatcher(None, lines, changed, autojunk=False).get_opcodes()
    return [(a, b, changed[c:d]) for tag, a, b, c, d in blocks if tag != "equal"]
