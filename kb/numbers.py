"""The numbers in words: which there are, and which of them are years or parts of names.

Nothing here knows of Django.
"""

import re
import unicodedata
from collections.abc import Iterator

# Digits that do not belong to a name: neither P95 nor v1.5; and fractions and the like: ½, ².
NUMBER = re.compile(
    r"(?<!\w)(?<!\w[.,])(?:(?<!\.)\.)?\d+(?:[.,]\d+)*"
    r"|(?<!\w)[²³¹¼-¾⁰-⁹₀-₉⅐-⅟↉①-⒛⓪-⓿❶-➓]"
)
YEAR = re.compile(r"(19|20)\d\d")
# Beside these, four digits are no year.
MONEY_BEFORE = re.compile(r"[$€£¥]\s?$")
UNIT_AFTER = re.compile(
    r"\s?[%‰]|[\s-]?(?:percent|thousand|million|billion|trillion|ms|milliseconds|seconds)\b"
)
# What stands before a hyphen in the name of a thing: ResNet-50, Top-10.
NAME_BEFORE = re.compile(r"[^\W\d_]*[A-Z]\w*[-‑]$")
SCALES = {
    **{"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
    **{"k": 1e3, "m": 1e6, "bn": 1e9},
}
SCALE_AFTER = re.compile(rf"[\s-]?({'|'.join(SCALES)})\b", re.IGNORECASE)


def numbers_in(text: str) -> Iterator[float]:
    """The numbers of a text, as written and with the word of scale that follows."""
    for found in NUMBER.finditer(text):
        number = value_of(found[0])
        if number is None:
            continue
        yield number
        if scale := SCALE_AFTER.match(text, found.end()):
            yield number * SCALES[scale[1].lower()]


def value_of(number: str) -> float | None:
    """None for what is no number: the digits of a version or date, 1.2.3."""
    if len(number) == 1:
        return unicodedata.numeric(number)
    try:
        return float(number.replace(",", ""))
    except ValueError:
        return None


def loose_numbers(text: str) -> list[str]:
    """The numbers in some words, without years and without those that are part of a name."""
    return [
        found[0]
        for found in NUMBER.finditer(text)
        if not NAME_BEFORE.search(text[: found.start()]) and not _is_year(found, text)
    ]


def _is_year(found: re.Match[str], text: str) -> bool:
    return (
        bool(YEAR.fullmatch(found[0]))
        and not MONEY_BEFORE.search(text[: found.start()])
        and not UNIT_AFTER.match(text, found.end())
    )
