"""How wide a text is, as far as that can be said without its font, and how it is broken."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# Widths in ems. Of the fonts that a reader may have the wider is taken: a text that is narrower
# than its estimate has air around it, one that is wider would leave its box.
WIDTHS = {
    **dict.fromkeys(" ijlI.,:;'!|’‘·", 0.32),
    **dict.fromkeys("frt()[]{}/\\-`J", 0.42),
    **dict.fromkeys('cksvxyzL_*^"–“”', 0.6),
    **dict.fromkeys("GOQDHNUw+<>=~#&→", 0.84),
    **dict.fromkeys("mMW@%—…", 1.0),
}
CAPITAL, LETTER, WIDE = 0.7, 0.64, 1.05
# Scripts whose letters are about as wide as Latin ones; all others are taken for wide.
NARROW_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC")
BOLD = 1.08
JOINER = "\u200d"
# A line may end after these, but not so early that a stump is left.
AFTER_SIGN = re.compile(r"(?<=\w\w\w[-/_])(?=\w)")


# The same few words are measured for every width that a box may have.
@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line in a sans-serif font, rather too much than too little."""
    ems = sum(WIDTHS.get(character) or _other(character) for character in text)
    return ems * size * (BOLD if bold else 1)


def _other(character: str) -> float:
    if character.isascii():
        return CAPITAL if character.isupper() else LETTER
    if unicodedata.combining(character) or character == JOINER:
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return WIDE
    if unicodedata.name(character, "").startswith(NARROW_SCRIPTS):
        return CAPITAL * 1.2 if character.isupper() else LETTER * 1.1
    return WIDE


def wrap(text: str, size: float, room: float, lines: int, bold: bool = False) -> list[str]:
    """The text in that many lines at most, as even as can be, cut with “…” where it must."""
    words = _words(text, size, room, bold)
    if not words:
        return []
    if width("".join(words).strip(), size, bold) <= room:
        return ["".join(words).strip()]
    if lines == 2:
        halves = [
            ("".join(words[:at]).strip(), "".join(words[at:]).strip())
            for at in range(1, len(words))
        ]
        widths = [max(width(half, size, bold) for half in pair) for pair in halves]
        if widths and min(widths) <= room:
            return list(halves[widths.index(min(widths))])
    broken: list[str] = []
    while words and len(broken) < lines - 1:
        line = words.pop(0)
        while words and width((line + words[0]).strip(), size, bold) <= room:
            line += words.pop(0)
        broken.append(line.strip())
    if words:
        broken.append(shorten("".join(words).strip(), size, room, bold))
    return broken


def shorten(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, cut with “…” if it is wider than its room."""
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1]
        while text and (text[-1] == JOINER or text[-1].isspace()):
            text = text[:-1]
    return text + "…"


def is_whole(lines: Sequence[str], text: str) -> bool:
    """Whether nothing of the text was cut away."""
    return "".join("".join(lines).split()) == "".join(text.split())


def _words(text: str, size: float, room: float, bold: bool) -> list[str]:
    """The pieces between which a line may end, none wider than the room."""
    pieces: list[str] = []
    for word in text.split():
        for part in AFTER_SIGN.split(word):
            pieces += [part] if width(part, size, bold) <= room else _split(part, size, room, bold)
        pieces[-1] += " "
    return pieces


def _split(word: str, size: float, room: float, bold: bool) -> list[str]:
    """A word that is wider than the room, in pieces that are not."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1] + character, size, bold) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
