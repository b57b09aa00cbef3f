"""The stems of English words by Porter's algorithm, as its author left it. No Django in here.

M. F. Porter, "An algorithm for suffix stripping", Program 14 (3), 1980, and
https://tartarus.org/martin/PorterStemmer/. A y is a vowel after a consonant.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from kb.variants import one_spelling

SHORTEST = 3
_CONSONANTS, _VOWELS = "[^aeiou][^aeiouy]*", "[aeiouy][aeiou]*"
_START = f"(?:{_CONSONANTS})?+"
# The measure m of a stem is how often a vowel is followed by a consonant in it.
_MEASURE_OVER_0 = re.compile(f"{_START}{_VOWELS}{_CONSONANTS}")
_MEASURE_1 = re.compile(f"{_START}{_VOWELS}{_CONSONANTS}(?:{_VOWELS})?$")
_MEASURE_OVER_1 = re.compile(f"{_START}(?:{_VOWELS}{_CONSONANTS}){{2}}")
_HAS_VOWEL = re.compile(f"{_START}[aeiouy]")
_ENDS_SHORT = re.compile(f"{_CONSONANTS}[aeiouy][^aeiouwxy]$")
_DOUBLED = re.compile(r"([^aeiouylsz])\1$")

_STEP_2 = {
    **{"ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize"},
    **{"bli": "ble", "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize"},
    **{"ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive", "fulness": "ful"},
    **{"ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble", "logi": "log"},
}
_STEP_3 = {
    **{"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": ""},
    "ness": "",
}
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou"),
    *("ism", "ate", "iti", "ous", "ive", "ize", "sion", "tion"),
)


def _ending(endings: Iterable[str]) -> re.Pattern[str]:
    """The longest of some endings, and what stands before it."""
    return re.compile(f"(.+?)({'|'.join(sorted(endings, key=len, reverse=True))})$")


_ENDING_2, _ENDING_3, _ENDING_4 = map(_ending, (_STEP_2, _STEP_3, _STEP_4))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word in lower case, the same for British and American spelling."""
    word = one_spelling(word)
    if len(word) < SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    return _last_letters(_suffixes(_past_and_plural(word)))


def _past_and_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        return word[:-1] if _MEASURE_OVER_0.match(word[:-3]) else word
    for suffix in ("ed", "ing"):
        rest = word.removesuffix(suffix)
        if rest != word and _HAS_VOWEL.match(rest):
            return _completed(rest)
    return word


def _completed(rest: str) -> str:
    """What is left of a word without -ed or -ing, as the word that it comes from."""
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if _DOUBLED.search(rest):
        return rest[:-1]
    is_short = _MEASURE_1.match(rest) and _ENDS_SHORT.match(rest)
    return rest + "e" if is_short else rest


def _suffixes(word: str) -> str:
    if word.endswith("y") and _HAS_VOWEL.match(word[:-1]):
        word = word[:-1] + "i"
    for endings, replaced in ((_ENDING_2, _STEP_2), (_ENDING_3, _STEP_3)):
        if (found := endings.match(word)) and _MEASURE_OVER_0.match(found[1]):
            word = found[1] + replaced[found[2]]
    if found := _ENDING_4.match(word):
        # Of -sion and -tion only -ion is the suffix.
        rest = word[:-3] if found[2] in ("sion", "tion") else found[1]
        if _MEASURE_OVER_1.match(rest):
            return rest
    return word


def _last_letters(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        is_short = _MEASURE_1.match(rest) and _ENDS_SHORT.match(rest)
        if _MEASURE_OVER_1.match(rest) or (_MEASURE_1.match(rest) and not is_short):
            word = rest
    if word.endswith("ll") and _MEASURE_OVER_1.match(word):
        word = word[:-1]
    return word
