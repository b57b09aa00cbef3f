"""Full-text search over cards: SQLite FTS5 and PostgreSQL tsvector behind one interface.

A card fits when it has every word of a query: as the same stem, in British or American spelling,
or as a word that begins so. Words and stems are made here, so that both databases find the same;
the index (`kb/migrations/0004_search.py`) is written by `index` and `drop` in the transaction of a
publish.
"""

import json
import re
from dataclasses import dataclass

from django.db import connection

from kb.models import Card
from kb.snippets import Marker, plain
from kb.spelling import near
from kb.stems import stem
from kb.variants import beginnings

# How much a hit in the title, the summary and the text counts.
SQLITE_WEIGHTS = "10.0, 4.0, 1.0"
POSTGRESQL_WEIGHTS = "{0.05, 0.1, 0.4, 1.0}"  # of the labels D, C, B and A
MOST_WORDS = 12
LONGEST_WORD = 60
LAST_POSITION = 16383  # of a word in a tsvector
# Where more cards fit, a common word is looked for, and title and summary tell the best of them:
# the texts are ranked of so many only.
MOST_RANKED = 400
# Stems, and the letters that words of a title begin with, are marked by characters that no document
# holds and FTS5 takes for letters.
STEM, INITIAL = "\ue000", "\ue001"
# Hardly a text is without them; they are looked for only where nothing else is.
STOP_WORDS = (
    "a an and are as at be but by for from had has have in is it its of on or so that the their"
    " this to was were which with"
)


@dataclass(frozen=True)
class Hit:
    """A card that was found, with a snippet: HTML whose only tag is <mark>."""

    type: str
    slug: str
    title: str
    url: str
    score: float
    snippet: str


@dataclass(frozen=True)
class Found:
    """A part of the hits, best first; how many there are in all; the words they have.

    The words differ from those of the query where a misspelt one was corrected.
    """

    hits: list[Hit]
    count: int
    words: list[str]
    is_corrected: bool = False


def index(card: Card) -> None:
    """Put a card into the index, in place of what stood there."""
    drop(card.pk)
    title, summary, text = (_split(part) for part in (card.title, card.summary, card.text))
    if connection.vendor == "sqlite":
        row = "title, summary, text) VALUES (%s, %s, %s, %s)"
        parts = [
            [*title, *_stems(title), *_initials(title)],
            [*summary, *_stems(summary)],
            [*dict.fromkeys(text), *_stems(text)],
        ]
    else:
        row = "head, whole) VALUES (%s, %s::tsvector, %s::tsvector)"
        head = [f"{initial}:1A" for initial in _initials(title)]
        head += _lexemes(title, 1, "A") + _lexemes(summary, len(title) + 1, "B")
        parts = [head, head + _lexemes(text, len(title) + len(summary) + 1, "D")]
    words = {*title, *summary, *text}
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO kb_search (rowid, {row}", [card.pk, *map(" ".join, parts)])
        terms = "json_each" if connection.vendor == "sqlite" else "json_array_elements_text"
        # In one order, so that no two transactions wait for each other.
        cursor.execute(
            f"INSERT INTO kb_search_vocabulary (term) SELECT value FROM {terms}(%s)"
            " WHERE TRUE ON CONFLICT DO NOTHING",
            [json.dumps(sorted(words | set(_stems(list(words)))))],
        )


def _stems(words: list[str]) -> list[str]:
    return [STEM + stem(word) for word in words]


def _initials(words: list[str]) -> list[str]:
    return sorted({INITIAL + word[0] for word in words})


def _lexemes(words: list[str], start: int, label: str) -> list[str]:
    """Parts of a tsvector: each word once, and its stem in all the places where it stands."""
    once = [f"{word}:{start}{label}" for word in dict.fromkeys(words)]
    places = enumerate(_stems(words), start)
    return [*once, *(f"{one}:{min(place, LAST_POSITION)}{label}" for place, one in places)]


def drop(card_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kb_search WHERE rowid = %s", [card_id])


def empty() -> None:
    """Take every card out of the index, and forget its words."""
    with connection.cursor() as cursor:
        for table in ("kb_search", "kb_search_vocabulary"):
            cursor.execute(f"DELETE FROM {table}")


def _split(text: str) -> list[str]:
    """The words of a text: letters and digits in lower case, without accents."""
    # PostgreSQL refuses words of over 2,046 bytes; nobody looks for one of over 60 letters.
    return [word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", plain(text))]


def words_of(text: str) -> list[str]:
    """The words of a query, each once; everything else in it, operators included, means nothing."""
    words = list(dict.fromkeys(_split(text)))
    return [word for word in words if word not in STOP_WORDS.split()][:MOST_WORDS] or words[
        :MOST_WORDS
    ]


def find(text: str, types: list[str], start: int = 0, size: int = 50) -> Found:
    """The hits from `start` on, at most `size`. Four statements at most.

    When nothing is found at all, words that no card has are corrected.
    """
    words = words_of(text)
    if not words:
        return Found([], 0, [])
    heads, vocabulary = _heads(words, types)
    if not vocabulary:
        return _page(heads, words, start, size)
    corrected = _corrected(words, vocabulary)
    if corrected != words:
        heads, _ = _heads(corrected, types)
    if not heads:
        return Found([], 0, words)
    return _page(heads, corrected, start, size, is_corrected=True)


def slugs(text: str, entry_type: str) -> list[str]:
    """The slugs of all the entries of a type that fit, with no word corrected."""
    words = words_of(text)
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slug FROM kb_card WHERE type = %s AND id IN"
            f" (SELECT rowid FROM kb_search WHERE {_fits()})",
            [entry_type, _every(words)],
        )
        return [slug for (slug,) in cursor.fetchall()]


def _page(
    heads: dict[int, float], words: list[str], start: int, size: int, is_corrected: bool = False
) -> Found:
    if start >= len(heads):
        return Found([], len(heads), words, is_corrected)
    order = sorted(heads, key=lambda card: (-heads[card], card))
    # Those beyond the ranked ones keep their order, and what they score is less.
    wanted = {card: heads[card] for card in order[: max(MOST_RANKED, start + size)]}
    marker = Marker(words)
    hits = [
        Hit(type_, slug, title, url, round(float(score), 6), marker.snippet(f"{summary} {text}"))
        for type_, slug, title, url, score, summary, text in _best(words, wanted, start, size)
    ]
    return Found(hits, len(heads), words, is_corrected)


def _heads(words: list[str], types: list[str]) -> tuple[dict[int, float], set[str]]:
    """The cards that fit, and how well their titles and summaries do.

    Where no card of any type fits: what the index has of the words' stems, and all its words with
    their first letters.
    """
    fits, params = _fits(), [_every(words), *types]
    if types:
        marks = ", ".join(["%s"] * len(types))
        # With + SQLite does not look each card up in the index, one by one.
        plus = "+" if connection.vendor == "sqlite" else ""
        fits += f" AND {plus}rowid IN (SELECT id FROM kb_card WHERE type IN ({marks}))"
    if connection.vendor == "sqlite":
        score = f"SELECT rowid, -bm25(kb_search, {SQLITE_WEIGHTS}), NULL FROM kb_search"
        query = f"SELECT rowid, NULL AS score, NULL AS term FROM kb_search WHERE {fits}"
        query += f" UNION ALL {score} WHERE {_fits()}"
        params.append(f"{{title summary}}: ({_any(words)})")
    else:
        score = f"ts_rank('{POSTGRESQL_WEIGHTS}', head, %s::tsquery)"
        query = f"SELECT rowid, {score} AS score, NULL AS term FROM kb_search WHERE {fits}"
        params.insert(0, _any(words))
    similar, similar_params = _similar(words)
    with connection.cursor() as cursor:
        cursor.execute(f"{query} UNION ALL {similar}", [*params, *similar_params])
        rows = cursor.fetchall()
    vocabulary = {term for _, _, term in rows if term is not None}
    if connection.vendor == "postgresql":
        return {card: score for card, score, term in rows if term is None}, vocabulary
    heads = {card: 0.0 for card, score, term in rows if score is None and term is None}
    heads |= {card: score for card, score, _ in rows if score is not None and card in heads}
    return heads, vocabulary


def _similar(words: list[str]) -> tuple[str, list]:
    """A query of the vocabulary where no card fits, and its parameters."""
    one = "SELECT NULL, NULL, term FROM kb_search_vocabulary WHERE NOT EXISTS"
    one += f" (SELECT 1 FROM kb_search WHERE {_fits()}) AND"
    stems = sorted({STEM + stem(word) for word in words})
    letters = sorted({begun[0] for word in words for begun in beginnings(word)})
    queries = [f"{one} term = %s"] * len(stems) + [f"{one} term >= %s AND term < %s"] * len(letters)
    ends = [[term] for term in stems] + [[letter, chr(ord(letter) + 1)] for letter in letters]
    every = _every(words)
    return " UNION ALL ".join(queries), [part for end in ends for part in (every, *end)]


def _best(words: list[str], heads: dict[int, float], start: int, size: int) -> list[tuple]:
    """Some of these cards, the best first: their score, and what is shown of them."""
    ranked = list(heads)[:MOST_RANKED]
    if connection.vendor == "sqlite":
        score = f"-bm25(kb_search, {SQLITE_WEIGHTS})"
        fits = f"{_fits()} AND +rowid IN (SELECT value FROM json_each(%s))"
        params = [_any(words), json.dumps(ranked)]
        wanted = "SELECT value ->> 0 AS id, value ->> 1 AS head FROM json_each(%s)"
    else:
        score = f"ts_rank('{POSTGRESQL_WEIGHTS}', whole, %s::tsquery)"
        fits, params = "rowid = ANY(%s)", [_any(words), ranked]
        wanted = "SELECT (value ->> 0)::bigint AS id, (value ->> 1)::float AS head"
        wanted += " FROM json_array_elements(%s::json) AS value"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted AS MATERIALIZED ({wanted}), texts AS MATERIALIZED ("
            f"SELECT rowid AS id, {score} AS score FROM kb_search WHERE {fits}), part AS ("
            " SELECT wanted.id, head + coalesce(score, 0) AS total FROM wanted"
            " LEFT JOIN texts ON texts.id = wanted.id ORDER BY 2 DESC, 1 LIMIT %s OFFSET %s)"
            " SELECT type, slug, title, url, total, summary, text"
            " FROM part JOIN kb_card ON kb_card.id = part.id ORDER BY total DESC, part.id",
            [json.dumps(list(heads.items())), *params, size, start],
        )
        return cursor.fetchall()


def _fits() -> str:
    """The condition that a row of the index has what a query of the database's language asks."""
    if connection.vendor == "sqlite":
        return "kb_search MATCH %s"
    # PostgreSQL reckons neither with what is kept outside the row nor, as it cannot look into the
    # subquery, with very common words: so it always uses the index.
    return "whole @@ (SELECT %s::tsquery)"


def _every(words: list[str]) -> str:
    return (" AND " if connection.vendor == "sqlite" else " & ").join(map(_one, words))


def _any(words: list[str]) -> str:
    return (" OR " if connection.vendor == "sqlite" else " | ").join(map(_one, words))


def _one(word: str) -> str:
    """A word as a stem or a beginning, in the database's language; of a title a letter will do.

    Words have only letters and digits, so that they can stand between quotes.
    """
    quoted, either = ('"{}"', " OR ") if connection.vendor == "sqlite" else ("'{}'", " | ")
    every = ":*" if connection.vendor == "postgresql" else " *"
    if len(word) == 1:
        begun = [quoted.format(INITIAL + word)]
    else:
        begun = [quoted.format(one) + every for one in beginnings(word)]
    return f"({either.join([quoted.format(STEM + stem(word)), *begun])})"


def _corrected(words: list[str], vocabulary: set[str]) -> list[str]:
    """The words, those that no card has put right."""
    meant = {word: near(word, vocabulary) for word in words if not _is_known(word, vocabulary)}
    cards = _cards_with({term for terms in meant.values() if len(terms) > 1 for term in terms})
    return [
        min(meant.get(word) or [word], key=lambda term: (-cards.get(term, 0), term))
        for word in words
    ]


def _is_known(word: str, vocabulary: set[str]) -> bool:
    begun = beginnings(word)
    return STEM + stem(word) in vocabulary or any(term.startswith(begun) for term in vocabulary)


def _cards_with(terms: set[str]) -> dict[str, int]:
    """How many cards have each of some words."""
    if not terms:
        return {}
    one = f"SELECT %s, count(*) FROM kb_search WHERE {_fits()}"
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join([one] * len(terms)),
            [part for term in terms for part in (term, _one(term))],
        )
        return dict(cursor.fetchall())
