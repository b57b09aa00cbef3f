"""Full-text search over cards: SQLite FTS5 and PostgreSQL tsvector behind one interface.

A card fits when it has every word of a query: as the same stem, or as a word that begins so. The
two indexes for that (`kb/migrations/0002_search.py`) are written by `index` and `drop` in the
transaction of a publish.
"""

import re
import unicodedata
from dataclasses import dataclass
from html import escape

from django.db import connection

from kb.models import Card
from kb.spelling import nearest

# How much a hit in the title, the summary and the text counts.
SQLITE_WEIGHTS = "10.0, 4.0, 1.0"
POSTGRESQL_WEIGHTS = "{0.05, 0.1, 0.4, 1.0}"  # of the labels D, C, B and A
MOST_WORDS = 12
LONGEST_WORD = 60
# No document holds these characters.
MARK_OPEN, MARK_CLOSE = "\ue000", "\ue001"
# PostgreSQL leaves out of a headline what looks like a tag.
LESS_THAN = "\x02"
HEADLINE = f"StartSel={MARK_OPEN}, StopSel={MARK_CLOSE}, MaxWords=24, MinWords=12"


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
    parts = [card.title, card.summary, card.text]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for table in ("kb_search", "kb_search_words"):
                cursor.execute(
                    f"INSERT INTO {table} (rowid, title, summary, text) VALUES (%s, %s, %s, %s)",
                    [card.pk, *parts],
                )
        else:
            # PostgreSQL would take "precision/recall" for the path of a file.
            plain = [" ".join(_split(part)) for part in parts]
            shown = f"{card.summary} {card.text}"
            cursor.execute(
                "INSERT INTO kb_search (rowid, text, stems, words)"
                f" VALUES (%s, %s, {_vector('english')}, {_vector('simple')})",
                [card.pk, shown.replace("<", LESS_THAN), *plain, *plain],
            )


def _vector(language: str) -> str:
    parts = [f"setweight(to_tsvector('{language}', %s), '{label}')" for label in "ABD"]
    return " || ".join(parts)


def drop(card_id: int) -> None:
    tables = ["kb_search", "kb_search_words"] if connection.vendor == "sqlite" else ["kb_search"]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table} WHERE rowid = %s", [card_id])


def _split(text: str) -> list[str]:
    """The words of a text: letters and digits in lower case, without accents."""
    apart = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", bare))
    # PostgreSQL refuses words of over 2,046 bytes; nobody looks for one of over 60 letters.
    return [word[:LONGEST_WORD] for word in words]


def words_of(text: str) -> list[str]:
    """The words of a query; everything else in it, operators included, means nothing."""
    return _split(text)[:MOST_WORDS]


def find(text: str, types: list[str], start: int = 0, size: int = 50) -> Found:
    """The hits from `start` on, at most `size`. Three statements at most.

    When nothing is found at all, words that no card has are corrected.
    """
    words = words_of(text)
    if not words:
        return Found([], 0, [])
    found = _find(words, types, start, size)
    if not found.count and (corrected := _corrected(words)) != words:
        other = _find(corrected, types, start, size)
        if other.count:
            return Found(other.hits, other.count, corrected, is_corrected=True)
    return found


def slugs(text: str, entry_type: str) -> list[str]:
    """The slugs of all the entries of a type that fit, with no word corrected."""
    words = words_of(text)
    if not words:
        return []
    hits, params = _hits(words, [entry_type])
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {hits} SELECT slug FROM hits", params)
        return [slug for (slug,) in cursor.fetchall()]


def _find(words: list[str], types: list[str], start: int, size: int) -> Found:
    hits, params = _hits(words, types)
    snippet, snippet_params = _snippet(words)
    # The count stands in every row, and in one without a hit where there is none.
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {hits},"
            " part AS (SELECT * FROM hits ORDER BY score DESC, id LIMIT %s OFFSET %s)"
            " SELECT counted.number, part.type, part.slug, part.title, part.url, part.score,"
            f" {snippet} FROM (SELECT count(*) AS number FROM hits) AS counted"
            " LEFT JOIN part ON TRUE ORDER BY part.score DESC, part.id",
            [*params, size, start, *snippet_params],
        )
        rows = cursor.fetchall()
    shown = [
        Hit(type_, slug, title, url, round(float(score), 6), _marked(snippet))
        for _, type_, slug, title, url, score, snippet in rows
        if type_ is not None
    ]
    return Found(shown, rows[0][0], words)


def _marked(snippet: str | None) -> str:
    """A snippet as HTML that has no tag but <mark>."""
    safe = escape(" ".join((snippet or "").split()).replace(LESS_THAN, "<"))
    return safe.replace(MARK_OPEN, "<mark>").replace(MARK_CLOSE, "</mark>")


def _queries(words: list[str]) -> tuple[str, str]:
    """Any of the words as stems, and any as beginnings, in the database's language.

    Words have only letters and digits, so that they can stand between quotes.
    """
    if connection.vendor == "sqlite":
        return " OR ".join(f'"{word}"' for word in words), " OR ".join(
            f'"{word}"*' for word in words
        )
    return " ".join(words), " | ".join(f"'{word}':*" for word in words)


def _hits(words: list[str], types: list[str]) -> tuple[str, list]:
    """The table `hits` (id, type, slug, title, url, score) for a WITH, and its parameters."""
    ranked, fits = (
        (_RANKED_SQLITE, _FITS_SQLITE)
        if connection.vendor == "sqlite"
        else (_RANKED_POSTGRESQL, _FITS_POSTGRESQL)
    )
    conditions = [fits] * len(words)
    params = [*_queries(words), *(query for word in words for query in _queries([word]))]
    if types:
        conditions.append(f"kb_card.type IN ({', '.join(['%s'] * len(types))})")
    return (
        f"ranked AS MATERIALIZED ({ranked}),"
        " hits AS (SELECT kb_card.id, type, slug, kb_card.title, url, sum(ranked.score) AS score"
        f" FROM kb_card JOIN ranked ON ranked.id = kb_card.id WHERE {' AND '.join(conditions)}"
        " GROUP BY kb_card.id, type, slug, kb_card.title, url)"
    ), [*params, *types]


_RANKED_SQLITE = (
    f"SELECT rowid AS id, -bm25(kb_search, {SQLITE_WEIGHTS}) AS score"
    " FROM kb_search WHERE kb_search MATCH %s"
    f" UNION ALL SELECT rowid, -bm25(kb_search_words, {SQLITE_WEIGHTS})"
    " FROM kb_search_words WHERE kb_search_words MATCH %s"
)
_FITS_SQLITE = (
    "kb_card.id IN (SELECT rowid FROM kb_search WHERE kb_search MATCH %s"
    " UNION SELECT rowid FROM kb_search_words WHERE kb_search_words MATCH %s)"
)
_RANKED_POSTGRESQL = (
    f"SELECT rowid AS id, ts_rank('{POSTGRESQL_WEIGHTS}', stems, any_stem)"
    f" + ts_rank('{POSTGRESQL_WEIGHTS}', words, any_beginning) AS score"
    " FROM kb_search, (SELECT replace(plainto_tsquery('english', %s)::text, '&', '|')::tsquery"
    " AS any_stem, %s::tsquery AS any_beginning) AS query"
    " WHERE stems @@ any_stem OR words @@ any_beginning"
)
_FITS_POSTGRESQL = (
    "kb_card.id IN (SELECT rowid FROM kb_search WHERE stems @@ plainto_tsquery('english', %s)"
    " OR words @@ %s::tsquery)"
)


def _snippet(words: list[str]) -> tuple[str, list]:
    """An expression over a row of `part`, and its parameters: the words where they stand.

    Stems are marked only where no word begins as asked.
    """
    stems, beginnings = _queries(words)
    if connection.vendor == "sqlite":
        one = "(SELECT snippet({0}, -1, %s, %s, '…', 24) FROM {0} WHERE {0} MATCH %s"
        one += " AND rowid = part.id)"
        marks = [MARK_OPEN, MARK_CLOSE]
        return (
            f"coalesce({one.format('kb_search_words')}, {one.format('kb_search')})",
            [*marks, beginnings, *marks, stems],
        )
    return (
        "(SELECT CASE WHEN words @@ %s::tsquery"
        " THEN ts_headline('simple', text, %s::tsquery, %s)"
        " ELSE ts_headline('english', text,"
        " replace(plainto_tsquery('english', %s)::text, '&', '|')::tsquery, %s) END"
        " FROM kb_search WHERE rowid = part.id)",
        [beginnings, beginnings, HEADLINE, stems, HEADLINE],
    )


def _corrected(words: list[str]) -> list[str]:
    """The words, those that no card has put right."""
    letters = sorted({word[0] for word in words})
    table = (
        "kb_search_vocabulary"
        if connection.vendor == "sqlite"
        else "ts_stat('SELECT words FROM kb_search') AS vocabulary (term, doc)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT term, doc FROM {table}"
            f" WHERE substr(term, 1, 1) IN ({', '.join(['%s'] * len(letters))})",
            letters,
        )
        vocabulary = dict(cursor.fetchall())
    return [nearest(word, vocabulary) for word in words]
