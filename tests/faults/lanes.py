"""The two databases under test: a file of SQLite's, and a PostgreSQL server of the test's own.

Each records every change of the state of a job, or of a part of one, by a trigger, in the
transaction that makes the change: how often it has ended is counted there, whatever its row says
afterwards.
"""

import contextlib
import os
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from tests.postgres import running_server

UNFINISHED = "state IN ('queued', 'running')"
TABLES = ("compute_job", "compute_item", "problems_submission")


class Change(NamedTuple):
    """Of the state of a row of one of TABLES."""

    table: str
    pk: str
    was: str
    now: str
    attempt: int


class Sqlite:
    record = (
        "CREATE TABLE fault_change"
        " (id INTEGER PRIMARY KEY, of_table TEXT, pk TEXT, was TEXT, now TEXT, attempt INTEGER)",
        *(
            f"CREATE TRIGGER fault_change_{table} AFTER UPDATE OF state ON {table} BEGIN"
            " INSERT INTO fault_change (of_table, pk, was, now, attempt)"
            f" VALUES ('{table}', NEW.id, OLD.state, NEW.state, NEW.attempt); END"
            for table in TABLES
        ),
    )
    # Every writer waits; readers do not, in WAL mode.
    lock = ("BEGIN EXCLUSIVE",)

    def __init__(self, folder: Path) -> None:
        self.file = folder / "casebook.sqlite3"
        self.url = f"sqlite:///{self.file}"

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.file, timeout=20, isolation_level=None)

    def stop_at_once(self) -> None:
        """There is no server: it is in each of the processes that use it."""

    def start(self) -> None:
        """Likewise."""


class Postgresql:
    record = (
        "CREATE TABLE fault_change"
        " (id bigserial PRIMARY KEY, of_table text, pk text, was text, now text, attempt int)",
        "CREATE FUNCTION fault_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO fault_change (of_table, pk, was, now, attempt)"
        " VALUES (TG_TABLE_NAME, NEW.id::text, OLD.state, NEW.state, NEW.attempt);"
        " RETURN NULL; END $$",
        *(
            f"CREATE TRIGGER fault_change AFTER UPDATE OF state ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION fault_change()"
            for table in TABLES
        ),
    )
    # Readers wait, too.
    lock = ("BEGIN", "LOCK TABLE compute_job IN ACCESS EXCLUSIVE MODE")

    def __init__(self, server) -> None:
        self.url, self.stop_at_once = server.url, server.stop_at_once
        self.start = server.start

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)


Database = Sqlite | Postgresql


def lane() -> str:
    """Which database the tests of this run are for."""
    given = os.environ.get("DATABASE_URL", "")
    return "postgresql" if given.startswith("postgres") else "sqlite"


@contextlib.contextmanager
def new_database(name: str, folder: Path) -> Iterator[Database]:
    """A new, empty database of the lane of this name."""
    if name == "sqlite":
        yield Sqlite(folder)
    else:
        with running_server() as server:
            yield Postgresql(server)


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(database.connect()) as connection:
        return connection.execute(query).fetchall()


def changes(database: Database) -> list[Change]:
    """Every change of a state, in the order in which they were made."""
    found = rows(database, "SELECT of_table, pk, was, now, attempt FROM fault_change ORDER BY id")
    return [Change(table, str(uuid.UUID(pk)), *rest) for table, pk, *rest in found]


def jobs_where(database: Database, condition: str = UNFINISHED) -> list[str]:
    found = rows(database, f"SELECT id FROM compute_job WHERE {condition}")
    return [str(uuid.UUID(str(pk))) for (pk,) in found]
