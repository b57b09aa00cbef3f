"""What happens to the database before the site starts."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.processes import ROOT, environment


def run(state: Path, *words: str) -> str:
    result = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(state),
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_a_database_is_copied_before_it_is_migrated(state: Path):
    run(state, "manage.py", "migrate", "knox", "zero")
    output = run(state, "-m", "config.prepare")
    (copy,) = (state / "backups").glob("before-migration-*.sqlite3")
    assert str(copy) in output
    assert "knox_authtoken" not in tables(copy)
    assert "knox_authtoken" in tables(state / "casebook.sqlite3")
    assert copy.stat().st_mode & 0o077 == 0


def test_a_new_database_is_not_copied(prepared_state: Path):
    assert not (prepared_state / "backups").exists()


def content(state: Path) -> tuple[list[str], int]:
    """The whole database as SQL, but for the content version; and that."""
    with closing(sqlite3.connect(state / "casebook.sqlite3")) as database:
        [(version,)] = database.execute("SELECT number FROM rest_contentversion")
        lines = [line for line in database.iterdump() if '"rest_contentversion" VALUES' not in line]
    return lines, version


def test_a_second_time_nothing_changes(state: Path):
    account = (state / "admin.json").read_bytes()
    before, version = content(state)
    run(state, "-m", "config.prepare")
    # Other code may say the same content otherwise, so that no old ETag may hold.
    assert content(state) == (before, version + 1)
    assert (state / "admin.json").read_bytes() == account


def test_what_cannot_be_done_is_one_sentence(state: Path):
    (state / "casebook.sqlite3").write_bytes(b"this is no database " * 100)
    result = subprocess.run(
        [sys.executable, "-m", "config.prepare"],
        cwd=ROOT,
        env=environment(state),
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.splitlines() == ["file is not a database"]
