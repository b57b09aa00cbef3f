from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kb.document import dump, read
from kb.fields import DocumentError
from kb.loading import CONTENT


class Command(BaseCommand):
    help = "Put content files into canonical form. --check only names those that are not."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="*", type=Path, default=[CONTENT])
        parser.add_argument("--check", action="store_true")

    def handle(self, *, paths, check, **options):
        files = [
            file
            for path in paths
            for file in (sorted(path.rglob("*.md")) if path.is_dir() else [path])
        ]
        faults, changed = [], []
        for file in files:
            try:
                document, text = read(file, str(file))
            except DocumentError as exc:
                faults.append(str(exc))
                continue
            except OSError as exc:
                faults.append(f"{file}: {exc.strerror}.")
                continue
            if (canonical := dump(document)) != text:
                changed.append(str(file))
                if not check:
                    file.write_text(canonical, encoding="utf-8", newline="\n")
        if faults or (check and changed):
            lines = faults + [f"{file}:1: not in canonical form." for file in changed]
            raise CommandError("\n".join(lines))
        self.stdout.write(f"{len(files)} files, {len(changed)} changed.")
