from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kb.document import RESERVED_SLUGS
from problems.package import CATALOG, read_package, write_package
from problems.skeleton import is_slug, skeleton


class Command(BaseCommand):
    help = "Make the folder of a new problem, in which everything that is to be written is named."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("slug")
        parser.add_argument("--topic", default="bayesian-inference", help="its home topic")
        parser.add_argument("--into", type=Path, default=CATALOG, help="another folder of problems")

    def handle(self, *, slug, topic, into, **options):
        if not is_slug(slug) or slug in RESERVED_SLUGS:
            raise CommandError(
                f"{slug!r} is no name for a problem: lower-case words joined by hyphens are,"
                f" except {', '.join(sorted(RESERVED_SLUGS))}."
            )
        folder = into / slug
        if folder.exists():
            raise CommandError(f"There is a folder {folder} already; nothing was written.")
        positions = (
            [read_package(path).position for path in sorted(into.iterdir()) if path.is_dir()]
            if into.is_dir()
            else []
        )
        write_package(skeleton(slug, topic, max(positions, default=0) + 1), folder)
        self.stdout.write(
            f"{folder} is there. Look for “To write:” in its files, and then\n"
            f"  manage.py check_problems {slug if into == CATALOG else folder}\n"
            "says what is still missing."
        )
