from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kb.errors import LoadFailed
from kb.loading import CONTENT, add_take_argument, load, read_content, read_vocabulary


class Command(BaseCommand):
    help = "Load kb/content/ into the database: every file, or none. Edited entries are kept."

    def add_arguments(self, parser):
        add_take_argument(parser)
        parser.add_argument("--from", dest="root", type=Path, default=CONTENT, metavar="FOLDER")

    def handle(self, *, take, slugs, root, **options):
        try:
            report = load(read_content(root), take, slugs, read_vocabulary(root))
        except LoadFailed as exc:
            raise CommandError(str(exc)) from exc
        report.write(self.stdout, "load_content")
