"""What a learner may do with a problem, and loading the shipped ones."""

from pathlib import Path

from django.db import transaction

from kb import loading
from kb.errors import LoadFailed
from kb.fields import Fault
from kb.loading import File, line_with
from problems.document import BadPackage, dump_document
from problems.errors import HintNotDue
from problems.models import HintReveal, Problem
from problems.package import CATALOG, FILES, SETTINGS, package_files, read_catalog


class ProblemFile(File):
    """A problem that was read from a folder; `name` is the folder's, `text` the whole document."""

    def where(self, fault: Fault) -> str:
        field = fault.place[0] if fault.place else ""
        if field in ("statement", "editorial"):
            return f"{self.name}/{FILES[field]}:{fault.line}: {fault.sentence}"
        return f"{self.name}/{FILES.get(field, SETTINGS)}: {fault.sentence}"

    def where_named(self, slug: str, sentence: str) -> str:
        line = line_with(package_files(self.document)[SETTINGS], slug)
        return f"{self.name}/{SETTINGS}:{line}: {sentence}"


def reveal_hint(user, problem: Problem, number: int) -> None:
    """Record that the learner sees hint `number`, from 1. Raises HintNotDue."""
    with transaction.atomic():
        seen = set(revealed_hints(user, problem))
        if number > 1 and number - 1 not in seen:
            raise HintNotDue(f"Hint {number} is due once hint {number - 1} is revealed.")
        HintReveal.objects.of(user).get_or_create(
            owner=user,
            problem=problem,
            number=number,
            defaults={"problem_version": problem.version},
        )


def revealed_hints(user, problem: Problem) -> list[int]:
    """The numbers of the hints that the learner has seen, of those that there are."""
    seen = HintReveal.objects.of(user).filter(problem=problem, number__lte=len(problem.hints))
    return list(seen.values_list("number", flat=True))


def load_problems(
    take: str | None = None, slugs: list[str] | None = None, root: Path = CATALOG
) -> loading.Report:
    """Every problem of the catalogue, or none. Raises LoadFailed."""
    try:
        documents = read_catalog(root)
    except BadPackage as exc:
        raise LoadFailed([str(complaint) for complaint in exc.complaints]) from exc
    files = [
        ProblemFile(f"{root.name}/{document.slug}", dump_document(document), document, Problem)
        for document in documents
    ]
    return loading.load(files, take, slugs)
