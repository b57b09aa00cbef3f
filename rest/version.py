"""The content version: a number for everything published, from which every ETag is made.

Plain SQL: the ORM's part of a cached read would cost as much as all the rest of it, and these
are called where the models are not loaded yet, or where the database was replaced.
"""

from django.db import connection


def content_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM rest_contentversion WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


def raise_content_version(past: int = 0) -> None:
    """Raise it, and past a given number. Call it in the transaction that changes what readers see.

    So no reader keeps an old answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rest_contentversion (id, number) VALUES (1, %s) ON CONFLICT (id) DO UPDATE"
            " SET number = 1 + CASE WHEN rest_contentversion.number < %s THEN %s"
            " ELSE rest_contentversion.number END",
            [past + 1, past, past],
        )
