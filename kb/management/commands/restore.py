"""manage.py restore FILE"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kb.backups import BackupError, restore_backup


class Command(BaseCommand):
    help = "Replace the database and the media by those of a backup; the site must be stopped."
    requires_system_checks = ()  # a damaged database must not stand in the way

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = restore_backup(options["file"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored. What was replaced is kept in {kept}.")
        self.stdout.write("Run start.py (or manage.py migrate) before using it.")
