"""British and American spelling as one. No Django in here."""

import re
from functools import lru_cache

_OUR = (
    "arm behavi cand clam col discol dishon endeav fav ferv flav harb hon hum lab misbehavi neighb"
    " od parl rig rum sav splend tum val vap vig"
)
_RE = "calib cent centimet epicent fib kilomet lit lust met millimet theat"
# What a British word begins with, and the American one. Neither is how another word begins.
ROOTS = {
    **{f"{root}our": f"{root}or" for root in _OUR.split()},
    **{f"{root}re": f"{root}er" for root in _RE.split()},
    **{f"{root}logu": f"{root}log" for root in ("ana", "cata", "dia", "epi", "mono", "pro")},
    **{f"{root}enc": f"{root}ens" for root in ("def", "lic", "off", "pret")},
    "aluminium": "aluminum",
    "anaem": "anem",
    "anaesthe": "anesthe",
    "artefact": "artifact",
    "encyclopaedi": "encyclopedi",
    "enrolm": "enrollm",
    "foet": "fet",
    "fulfilm": "fulfillm",
    "grey": "gray",
    "haem": "hem",
    "instalm": "installm",
    "judgement": "judgment",
    "acknowledgement": "acknowledgment",
    "manoeuvr": "maneuver",
    "mould": "mold",
    "oestrogen": "estrogen",
    "paediatric": "pediatric",
    "plough": "plow",
    "practis": "practic",
    "sceptic": "skeptic",
    "skilful": "skillful",
    "wilful": "willful",
}
WORDS = {
    **{"ageing": "aging", "centred": "centered", "centring": "centering", "cosy": "cozy"},
    **{"disc": "disk", "discs": "disks", "learnt": "learned", "likeable": "likable"},
    **{"maths": "math", "programme": "program", "programmes": "programs"},
    **{"sizeable": "sizable", "useable": "usable"},
}
_BRITISH = re.compile("|".join(sorted(ROOTS, key=len, reverse=True)))
_ENDINGS = "e|es|ed|er|ers|ing|ings|ation|ations|ational|able|ably|ability"
# As far as somebody has typed them.
_BEGUN = "|".join({end[:n] for end in _ENDINGS.split("|") for n in range(len(end) + 1)})
_STEM = r"(\w{2,}[^aeiou]i|\w+ly)"
_ISE = re.compile(f"{_STEM}s({_ENDINGS})")
_ISE_OR_IZE = re.compile(f"{_STEM}([sz])({_BEGUN})")
# Both spell these with an s, which is no suffix there: promise, exercise, revise, stepwise.
_ALWAYS_S = re.compile(
    "(?<!i)cis|chandis|chastis|demis|ertis|franchis|paradis|premis|pris|promis|surmis|treatis|vis|wis"
)
_L_OR_LL = re.compile(r"(\w{2,}[aeiou])(ll?)((?:e|i)\w{0,3})")
# Of fewer letters a beginning may become anything.
SHORTEST = 4


def one_spelling(word: str) -> str:
    """The word (in lower case), or how to spell it so that both spellings have one stem.

    That need not be a word: "catalogue" becomes "cataloge", which has the stem of "catalog".
    """
    if word in WORDS:
        return WORDS[word]
    if found := _BRITISH.match(word):
        return ROOTS[found[0]] + word[found.end() :]
    if (found := _ISE.fullmatch(word)) and not _ALWAYS_S.search(word):
        return f"{found[1]}z{found[2]}"
    return word


@lru_cache(maxsize=10_000)
def beginnings(word: str) -> tuple[str, ...]:
    """How words may begin that begin so in one of the two spellings; the word itself first."""
    found = {word: None}
    for pair in ROOTS.items():
        for one, other in (pair, pair[::-1]):
            if word.startswith(one):
                found[other + word[len(one) :]] = None
            elif len(word) >= SHORTEST and one.startswith(word) and not other.startswith(word):
                found[other] = None
    if (same := _ISE_OR_IZE.fullmatch(word)) and not _ALWAYS_S.search(word):
        found[f"{same[1]}{'z' if same[2] == 's' else 's'}{same[3]}"] = None
    if same := _L_OR_LL.fullmatch(word):
        found[f"{same[1]}{'l' if same[2] == 'll' else 'll'}{same[3]}"] = None
    if word in WORDS:
        found[WORDS[word]] = None
    # What begins with one of them needs no asking for.
    return tuple(
        one for one in found if not any(other != one and one.startswith(other) for other in found)
    )
