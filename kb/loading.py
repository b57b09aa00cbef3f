"""Loading shipped files without ever overwriting a person's work.

The hash of each loaded file is remembered. An unchanged file is skipped; a changed one updates an
entry only if nobody edited it since, else it is kept and named, and `--take` decides.
"""

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from kb.check import Read, check_form, read_all
from kb.document import DOCUMENT_TYPES, read_text
from kb.errors import CannotPublish, CannotWithdraw, LoadFailed, UnknownReference
from kb.fields import DocumentError, Fault
from kb.models import (
    CaseStudy,
    Company,
    LoadedFile,
    State,
    StudyPlan,
    Technique,
    Topic,
)
from kb.models.entry import Entry
from kb.services import (
    check,
    claim,
    hide,
    put_cards_on,
    record_publication,
    render_anew,
    render_linking,
    rendered,
)
from kb.terms import load_vocabulary
from kb.vocabulary import Vocabulary
from rest.version import raise_content_version

CONTENT = Path(__file__).parent / "content"
VOCABULARY = "vocabulary.toml"
ENTRY_MODELS = {model.TYPE: model for model in (Company, Technique, StudyPlan, Topic, CaseStudy)}
FILE, DATABASE = "file", "database"


class Decision(Enum):
    """What becomes of a file; see decide."""

    CREATE = "created"
    UPDATE = "updated"
    # The edited text stays: named until somebody decides, or chosen with --take=database.
    KEEP = "kept"
    CHOOSE = "chosen"
    SKIP = "unchanged"


def decide(*, is_known: bool, exists: bool, was_edited: bool, take: str | None) -> Decision:
    """What to do with a file.

    `is_known`: this very text was loaded before. `was_edited`: a person has worked on the entry
    since. `take`: whose text the command says is right, "file" or "database".
    """
    if not exists:
        return Decision.SKIP if is_known else Decision.CREATE
    if take == FILE:
        return Decision.UPDATE
    if is_known:
        return Decision.SKIP
    if not was_edited:
        return Decision.UPDATE
    return Decision.CHOOSE if take == DATABASE else Decision.KEEP


@dataclass(frozen=True)
class File(Read):
    """A document that was read from a file, and the model of its entries."""

    model: type[Entry]

    @property
    def key(self) -> tuple[str, str]:
        return self.model.TYPE, self.document.slug

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def where_named(self, slug: str, sentence: str) -> str:
        """A sentence with the name and line of what names another entry."""
        return f"{self.name}:{line_with(self.text, slug)}: {sentence}"


def line_with(text: str, slug: str) -> int:
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines, 1) if f'"{slug}"' in line), 1)


@dataclass
class Report:
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def add(self, decision: Decision, name: str) -> None:
        heard = Decision.SKIP if decision == Decision.CHOOSE else decision
        getattr(self, heard.value).append(name)

    def write(self, out, command: str) -> None:
        """Say what was done; `command` is the one to decide with about what was kept."""
        counts = (f"{len(getattr(self, name))} {name}" for name in ("created", "updated"))
        out.write(f"{', '.join(counts)}, {len(self.unchanged)} unchanged.")
        for name in self.kept:
            out.write(
                f"KEPT: {name} was edited here, and its shipped file has changed as well."
                " The edited text stays. To decide:"
                f" .venv/bin/python manage.py {command} --take=file (or database)"
                f" {Path(name).stem}"
            )


def read_vocabulary(root: Path = CONTENT) -> Vocabulary | None:
    """The closed lists of a folder; None where it has none. Raises LoadFailed."""
    path = root / VOCABULARY
    if not path.exists():
        return None
    name = str(path.relative_to(root.parent))
    try:
        return Vocabulary.parse(read_text(path, name), name)
    except DocumentError as exc:
        raise LoadFailed(str(exc).split("\n")) from exc


def read_content(root: Path = CONTENT) -> list[File]:
    """Every file below a folder, in the order of loading. Raises LoadFailed with all faults."""
    if not root.is_dir():
        raise LoadFailed([f"There is no folder {root}."])
    paths = sorted(root.rglob("*.md"))
    found, faults = read_all((path, str(path.relative_to(root.parent))) for path in paths)
    faults += check_form(found)
    if faults:
        raise LoadFailed(faults)
    order = list(DOCUMENT_TYPES)
    files = [
        File(file.name, file.text, file.document, ENTRY_MODELS[file.document.type])
        for file in found
    ]
    return sorted(files, key=lambda file: order.index(file.document.type))


def add_take_argument(parser) -> None:
    parser.add_argument(
        "--take", choices=[FILE, DATABASE], help="for the slugs named: whose text is right"
    )
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="entries that --take is about")


def load(
    files: list[File],
    take: str | None = None,
    slugs: list[str] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Report:
    """Load all files or none. Raises LoadFailed with file and line of everything wrong.

    What a changed vocabulary says of cases that do not change is made anew.
    """
    chosen = set(slugs or [])
    if unknown := chosen - {file.document.slug for file in files}:
        raise LoadFailed([f"There is no shipped file for {', '.join(sorted(unknown))}."])
    with transaction.atomic():
        has_new_words = vocabulary is not None and load_vocabulary(vocabulary)
        report, work = _sort_out(files, take, chosen)
        _refuse_faults(work)
        _write(work)
        changed = _publish(work)
    render_linking(changed, besides=[file.key for file, _ in work])
    if has_new_words:
        render_anew(CaseStudy.objects.published().exclude(pk__in=[e.pk for _, e in work]))
    return report


def _sort_out(
    files: list[File], take: str | None, chosen: set[str]
) -> tuple[Report, list[tuple[File, Entry]]]:
    """The report, and the files to be written, each with its entry."""
    report, work = Report(), []
    for file in files:
        entry_type, slug = file.key
        loaded = LoadedFile.objects.filter(type=entry_type, slug=slug).first()
        entry = file.model.objects.current().select_for_update().filter(slug=slug).first()
        decision = decide(
            is_known=loaded is not None and loaded.sha256 == file.sha256,
            exists=entry is not None,
            was_edited=entry is not None and _was_edited(entry, loaded),
            take=take if slug in chosen else None,
        )
        report.add(decision, file.name)
        if decision in (Decision.CREATE, Decision.UPDATE):
            work.append((file, entry or file.model()))
        elif decision == Decision.CHOOSE:
            # The version stays: the edit is a person's work for the next file too.
            _remember(file, loaded.version if loaded else 0)
    return report, work


def _was_edited(entry: Entry, loaded: LoadedFile | None) -> bool:
    if loaded is None or entry.version > loaded.version:
        return True
    if type(entry).objects.filter(draft_of=entry).exists():
        return True
    # A planned topic that somebody has begun to write, or an entry that was withdrawn.
    return entry.state in (State.DRAFT, State.IN_REVIEW)


def _refuse_faults(work: list[tuple[File, Entry]]) -> None:
    """Before rows are written: the database would refuse some of them without naming a line."""
    faults = [
        file.where(fault)
        for file, entry in work
        if not _is_planned(file)
        for fault in entry.faults(file.document)
    ]
    if faults:
        raise LoadFailed(faults)


def _write(work: list[tuple[File, Entry]]) -> None:
    """Type by type: first the rows, then their relations, which may lead to each other."""
    faults: list[str] = []
    for model in dict.fromkeys(file.model for file, _ in work):
        ours = [(file, entry) for file, entry in work if file.model is model]
        for method in ("write", "write_relations"):
            for file, entry in ours:
                try:
                    getattr(entry, method)(file.document)
                except UnknownReference as exc:
                    faults.append(file.where_named(exc.slugs[0], str(exc)))
            if faults:
                raise LoadFailed(faults)


def _publish(work: list[tuple[File, Entry]]) -> list[Entry]:
    """The entries that readers can read since, or no longer can."""
    now, faults = timezone.now(), []
    # All states first: a text links to entries that are published in the same load.
    was_published = {file.key: entry.is_published for file, entry in work}
    for file, entry in work:
        entry.state = State.PLANNED if _is_planned(file) else State.PUBLISHED
        entry.save(update_fields=["state"])
    for file, entry in work:
        try:
            if not _is_planned(file):
                # Again, because files may fit their rows and not one another: circles of cases.
                check(entry, file.document)
            made = rendered(entry, file.document)
            if not _is_planned(file):
                claim(entry)
                record_publication(entry, made, origin="file", now=now)
            elif was_published[file.key]:
                hide(entry, State.PLANNED)
            else:
                raise_content_version()
        except CannotPublish as exc:
            faults += map(file.where, exc.faults)
            continue
        except CannotWithdraw as exc:
            faults.append(file.where(Fault((), 1, str(exc))))
            continue
        _remember(file, entry.version)
    if faults:
        raise LoadFailed(faults)
    for file, entry in work:
        if was_published[file.key]:
            put_cards_on(entry)
    return [entry for file, entry in work if entry.is_published != was_published[file.key]]


def _is_planned(file: File) -> bool:
    return file.model is Topic and not file.document.body


def _remember(file: File, version: int) -> None:
    entry_type, slug = file.key
    LoadedFile.objects.update_or_create(
        type=entry_type, slug=slug, defaults={"sha256": file.sha256, "version": version}
    )
