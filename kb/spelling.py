"""The word of a vocabulary that somebody meant. No Django in here."""

# Shorter words are too near to others to be corrected.
SHORTEST = 4
LONG = 9


def nearest(word: str, vocabulary: dict[str, int]) -> str:
    """The word itself if some word begins so, else the likeliest word it is a misspelling of.

    `vocabulary` has the number of texts with each word. One slip is forgiven, two in a long word,
    and none in the first letter. The word itself comes back if nothing is near.
    """
    if len(word) < SHORTEST or any(known.startswith(word) for known in vocabulary):
        return word
    most = 2 if len(word) >= LONG else 1
    near = []
    for known, texts in vocabulary.items():
        if known[:1] == word[:1] and abs(len(known) - len(word)) <= most:
            slips = distance(word, known)
            if slips <= most:
                near.append((slips, -texts, known))
    return min(near)[2] if near else word


def distance(one: str, other: str) -> int:
    """How many letters were left out, put in, mistaken or swapped with their neighbour.

    Optimal string alignment: no letter is touched twice.
    """
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
    return row[-1]
