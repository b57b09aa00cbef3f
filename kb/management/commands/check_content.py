from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kb.check import check, check_form, read_all
from kb.errors import LoadFailed
from kb.loading import CONTENT, read_vocabulary


class Command(BaseCommand):
    help = (
        "Check content files, or a folder of them, against one another and the shipped ones:"
        " references, claims, numbers, sections, formulas, pictures. No database is asked."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="*", type=Path, default=[CONTENT])

    def handle(self, *, paths, **options):
        chosen = [file for path in paths for file in _files(path)]
        if missing := [str(path) for path in chosen if not path.exists()]:
            raise CommandError(f"There is no file {missing[0]}.")
        try:
            vocabulary = next(filter(None, map(read_vocabulary, [*_folders(paths), CONTENT])))
        except LoadFailed as exc:
            raise CommandError(str(exc)) from exc
        files, faults = read_all((path, str(path)) for path in chosen)
        resolved = {path.resolve() for path in chosen}
        shipped = [path for path in _files(CONTENT) if path.resolve() not in resolved]
        among, _ = read_all((path, str(path)) for path in shipped)
        faults += check_form(files)
        faults += check(files, among, vocabulary)
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{len(files)} files, nothing is wrong.")


def _files(path):
    return sorted(path.rglob("*.md")) if path.is_dir() else [path]


def _folders(paths):
    return [path for path in paths if path.is_dir()]
