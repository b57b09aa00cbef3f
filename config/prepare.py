"""Brings the database up to date: `python -m config.prepare`.

Migrates (after a copy of the database, if it holds something and a migration is due), loads the
shipped content and problems, makes the roles and the first account, and fixes the days of the
digest that were missed. Each step does nothing when nothing changed, so that this may run at every
start; one process for all of them, because most of the time goes into starting Django. The content
version alone is raised each time: other code may say the same content otherwise, and no reader
should keep the old answer.
"""

import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kb.backups import BackupError, applied_migrations, copy_database, folder_of_backups, moment
from rest.version import raise_content_version

COPIES_KEPT = 5
COMMANDS = [
    *("load_content", "load_problems", "render_content", "make_roles", "make_admin"),
    "fix_digest",
]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
        migrate()
        for command in COMMANDS:
            call_command(command)
        raise_content_version()
    except (BackupError, CommandError, DatabaseError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if applied_migrations():
        keep_copy()
    call_command("migrate", interactive=False, verbosity=0)


def keep_copy() -> None:
    """Copy an SQLite database aside; a PostgreSQL server has backups of its own."""
    if connection.vendor != "sqlite":
        print("Migrating; a PostgreSQL database is not copied first, `manage.py backup` does it.")
        return
    copy = folder_of_backups() / f"before-migration-{moment()}.sqlite3"
    copy_database(copy)
    print(f"Migrating; the database as it was is kept in {copy}.")
    copies = sorted(folder_of_backups().glob("before-migration-*.sqlite3"), key=_age)
    for old in copies[:-COPIES_KEPT]:
        old.unlink()


def _age(path: Path) -> float:
    return path.stat().st_mtime


if __name__ == "__main__":
    sys.exit(main())
