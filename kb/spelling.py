"""The words of a vocabulary that somebody may have meant. No Django in here."""

from collections.abc import Iterable

# Shorter words are too near to others to be corrected.
SHORTEST = 4
LONG = 9
# So long a word may be misspelt and not be typed to its end yet.
SHORTEST_BEGINNING = 6


def near(word: str, vocabulary: Iterable[str]) -> list[str]:
    """What a word that begins no known one is likeliest a misspelling of; of equals, all.

    One slip is forgiven, two in a long word, and none in the first letter. Where no whole word is
    near, it is how one begins.
    """
    if len(word) < SHORTEST:
        return []
    most, letters = 2 if len(word) >= LONG else 1, set(word)
    whole: dict[str, int] = {}
    begun: dict[str, int] = {}
    for known in vocabulary:
        if known[:1] != word[:1] or len(known) < len(word) - most:
            continue
        # Each letter that is not there was a slip; to look is far faster than to align the two.
        begun_so = known[: len(word) + most]
        if len(letters.difference(begun_so)) > most:
            continue
        row = distances(word, begun_so, most)
        if row is None:
            continue
        if row[-1] <= most and len(known) <= len(word) + most:
            whole[known] = row[-1]
        elif len(word) >= SHORTEST_BEGINNING and (least := min(row)) <= most:
            # Of beginnings that are as near, the longest says the most.
            length = max(n for n, slips in enumerate(row) if slips == least)
            begun[known[:length]] = least
    found = whole or begun
    least = min(found.values(), default=0)
    return [known for known, slips in found.items() if slips == least]


def distances(one: str, other: str, most: int | None = None) -> list[int] | None:
    """How many slips there are between a word and each beginning of another.

    A slip is a letter that was left out, put in, mistaken, or swapped with its neighbour. Optimal
    string alignment: no letter is touched twice. None where all are over `most`.
    """
    two_before: list[int] = []
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        two_before, before = before, row
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
        # A swap looks back two rows.
        if most is not None and min(row) > most and min(before) >= most:
            return None
    return row
