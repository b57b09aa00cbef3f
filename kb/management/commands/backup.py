"""manage.py backup [FILE]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kb.backups import BackupError, write_backup


class Command(BaseCommand):
    help = "Copy the database and the media into one archive, while the site may be running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: a new one in backups/")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            archive = write_backup(options["file"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The backup is {archive}.")
