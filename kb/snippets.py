"""The part of a text that has the words of a query, as HTML whose only tag is <mark>. No Django."""

import re
import unicodedata
from html import escape

from kb.stems import stem
from kb.variants import beginnings

LENGTH, BEFORE = 170, 40
# Of a text that is full of a word, the best place among the first ones will do.
MOST_PLACES = 60
_TOKEN = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """A text in lower case without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare)


class _Letters(dict[int, str]):
    """Letters by code, each as one letter in lower case without its accent."""

    def __missing__(self, code: int) -> str:
        letter = plain(chr(code))
        self[code] = letter if len(letter) == 1 else chr(code)
        return self[code]


_LETTERS = _Letters()


class Marker:
    """Finds and marks words by stem, and by how they begin."""

    def __init__(self, words: list[str]) -> None:
        self.stems = {stem(word) for word in words}
        self.beginnings = tuple(one for word in words for one in beginnings(word) if len(one) > 1)
        # What can be one of the words begins so.
        starts = {one[:3] for one in (*self.stems, *self.beginnings)}
        self.starts = {
            one for one in starts if not any(one != two and one.startswith(two) for two in starts)
        }

    def snippet(self, text: str) -> str:
        """The best part of a text; its first part if it has none of the words."""
        low = text.lower() if text.isascii() else text.translate(_LETTERS)
        places = self._places(low)
        start = self._best(low, places)
        begin = low.rfind(" ", 0, max(start - BEFORE, 0)) + 1 if start > BEFORE else 0
        end = len(text) if len(text) - begin <= LENGTH else low.rfind(" ", begin, begin + LENGTH)
        end = end if end > start else begin + LENGTH
        parts, at = ["…" if begin else ""], begin
        for first, last in places:
            if begin <= first and last <= end:
                parts += [escape(text[at:first]), f"<mark>{escape(text[first:last])}</mark>"]
                at = last
        parts += [escape(text[at:end]), "…" if end < len(text) else ""]
        return " ".join("".join(parts).split())

    def _places(self, low: str) -> list[tuple[int, int]]:
        """Where the words stand in a text in lower case."""
        found = []
        for start in self.starts:
            at, number = low.find(start), 0
            while at >= 0 and number < MOST_PLACES:
                if at == 0 or not low[at - 1].isalnum():
                    token = _TOKEN.match(low, at)
                    if token and self._is_wanted(token[0]):
                        found.append(token.span())
                        number += 1
                at = low.find(start, at + 1)
        return sorted(found)

    def _is_wanted(self, token: str) -> bool:
        return token.startswith(self.beginnings) or stem(token) in self.stems

    @staticmethod
    def _best(low: str, places: list[tuple[int, int]]) -> int:
        """Where the part begins that has the most different words; the first of such."""
        best, most = 0, 0
        for index, (first, _) in enumerate(places):
            near = {
                low[start:end]
                for start, end in places[index : index + MOST_PLACES]
                if end - first <= LENGTH - BEFORE
            }
            if len(near) > most:
                best, most = first, len(near)
        return best
