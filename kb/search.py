"""Full-text search over cards: SQLite FTS5 and PostgreSQL tsvector behind one interface.

The rows of `kb_search` are written by `index` and `drop` in the transaction of a publish.
"""

import re
from dataclasses import dataclass
from html import escape

from django.db import connection

# How much a hit in the title, the summary and the text counts.
WEIGHTS = (10.0, 4.0, 1.0)
MOST_WORDS = 12
MARK_OPEN, MARK_CLOSE = "\ue000", "\ue001"

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE kb_search USING fts5("
        "title, summary, text, tokenize='porter unicode61 remove_diacritics 2')",
    ],
    "postgresql": [
        "CREATE TABLE kb_search (rowid bigint PRIMARY KEY, text text NOT NULL,"
        " vector tsvector NOT NULL)",
        "CREATE INDEX kb_search_vector ON kb_search USING gin (vector)",
    ],
}


@dataclass(frozen=True)
class Hit:
    card_id: int
    score: float
    snippet: str


def create_index(_apps, schema_editor) -> None:
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_index(_apps, schema_editor) -> None:
    schema_editor.execute("DROP TABLE kb_search")


def index(card) -> None:
    """Put a card into the index, in place of what stood there."""
    drop(card.pk)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO kb_search (rowid, title, summary, text) VALUES (%s, %s, %s, %s)",
                [card.pk, card.title, card.summary, card.text],
            )
        else:
            cursor.execute(
                "INSERT INTO kb_search (rowid, text, vector) VALUES (%s, %s,"
                " setweight(to_tsvector('english', %s), 'A')"
                " || setweight(to_tsvector('english', %s), 'B')"
                " || setweight(to_tsvector('english', %s), 'D'))",
                [card.pk, f"{card.summary} {card.text}", card.title, card.summary, card.text],
            )


def drop(card_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kb_search WHERE rowid = %s", [card_id])


def words_of(text: str) -> list[str]:
    """The words of a query; everything else in it, operators included, means nothing."""
    return re.findall(r"\w+", text.lower())[:MOST_WORDS]


def find(text: str, types: list[str], limit: int = 50) -> list[Hit]:
    """Cards that have every word of the text, or words that begin so; best first."""
    words = words_of(text)
    if not words:
        return []
    run = _find_sqlite if connection.vendor == "sqlite" else _find_postgresql
    return [
        Hit(card_id, round(float(score), 6), _marked(snippet))
        for card_id, score, snippet in run(words, types, limit)
    ]


def _marked(snippet: str) -> str:
    """A snippet as HTML that has no tag but <mark>."""
    safe = escape(" ".join((snippet or "").split()))
    return safe.replace(MARK_OPEN, "<mark>").replace(MARK_CLOSE, "</mark>")


def _type_filter(types: list[str]) -> str:
    return f" AND kb_card.type IN ({', '.join(['%s'] * len(types))})" if types else ""


def _find_sqlite(words: list[str], types: list[str], limit: int) -> list[tuple]:
    query = " AND ".join(f'"{word}"*' for word in words)
    weights = ", ".join(map(str, WEIGHTS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kb_card.id, -bm25(kb_search, {weights}) AS score,"
            " snippet(kb_search, -1, %s, %s, '…', 24)"
            " FROM kb_search JOIN kb_card ON kb_card.id = kb_search.rowid"
            f" WHERE kb_search MATCH %s{_type_filter(types)}"
            " ORDER BY score DESC, kb_card.id LIMIT %s",
            [MARK_OPEN, MARK_CLOSE, query, *types, limit],
        )
        return cursor.fetchall()


def _find_postgresql(words: list[str], types: list[str], limit: int) -> list[tuple]:
    query = " & ".join(f"'{word}':*" for word in words)
    options = f"StartSel={MARK_OPEN}, StopSel={MARK_CLOSE}, MaxWords=24, MinWords=12"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kb_card.id, ts_rank('{0.05, 0.1, 0.4, 1.0}', vector, query) AS score,"
            " ts_headline('english', kb_search.text, query, %s)"
            " FROM kb_search JOIN kb_card ON kb_card.id = kb_search.rowid,"
            " to_tsquery('english', %s) AS query"
            f" WHERE vector @@ query{_type_filter(types)}"
            " ORDER BY score DESC, kb_card.id LIMIT %s",
            [options, query, *types, limit],
        )
        return cursor.fetchall()
