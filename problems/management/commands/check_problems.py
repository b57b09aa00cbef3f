from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from problems import gate
from problems.document import BadPackage
from problems.judge.sandbox import Sandbox, Unavailable
from problems.package import CATALOG, not_canonical, read_package


class Command(BaseCommand):
    help = "Run the publish gate on problems: what is wrong with them, and their kill matrix."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "slugs",
            nargs="*",
            help="folders of problems/catalog/, or paths of folders; all if none",
        )

    def handle(self, *, slugs, **options):
        folders = [self._folder(slug) for slug in slugs]
        if missing := [folder for folder in folders if not folder.is_dir()]:
            raise CommandError(f"There is no folder {missing[0]}.")
        folders = folders or sorted(path for path in CATALOG.iterdir() if path.is_dir())
        try:
            with Sandbox() as sandbox:
                wrong = sum(not self._passes(folder, sandbox) for folder in folders)
        except Unavailable as exc:
            raise CommandError(f"No problem can be checked here. {exc}") from exc
        if wrong:
            raise CommandError(f"{wrong} of {len(folders)} problems do not pass the gate.")
        self.stdout.write(f"All of {len(folders)} problems pass the gate.")

    @staticmethod
    def _folder(slug: str) -> Path:
        return Path(slug) if "/" in slug else CATALOG / slug

    def _passes(self, folder: Path, sandbox: Sandbox) -> bool:
        name = folder.resolve().name
        try:
            document = read_package(folder.resolve())
        except BadPackage as exc:
            self.stdout.write(f"{name}: not read.")
            for complaint in exc.complaints:
                self.stdout.write(f"  {complaint}")
            return False
        complaints = [str(one) for one in not_canonical(document, folder.resolve())]
        report = gate.check(document, sandbox)
        complaints += report.complaints
        said = f"{len(complaints)} complaints." if complaints else "passes."
        self.stdout.write(f"{name}: {said}")
        for complaint in complaints:
            self.stdout.write(f"  {complaint}")
        if report.columns:
            self.stdout.write(f"\n{report.as_text()}\n")
            self.stdout.write(
                f"The reference takes {1000 * report.seconds:.0f} ms for all tests.\n"
            )
        return not complaints
