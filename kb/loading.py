"""Loading shipped files without ever overwriting a person's work.

The hash of each loaded file is remembered. An unchanged file is skipped; a changed one updates an
entry only if nobody edited it since, else it is kept and named, and `--take` decides.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from kb.document import DOCUMENT_TYPES, Document, DocumentError, dump, line_of, read
from kb.errors import CannotPublish, LoadFailed, UnknownReference
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
from kb.services import record_publication, rendered, withdraw
from rest.models import raise_content_version

CONTENT = Path(__file__).parent / "content"
ENTRY_MODELS = {model.TYPE: model for model in (Company, Technique, StudyPlan, Topic, CaseStudy)}
FILE, DATABASE = "file", "database"


@dataclass(frozen=True)
class File:
    """A document that was read from a file. `name` is for messages."""

    name: str
    model: type[Entry]
    document: Document
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass
class Report:
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def write(self, out) -> None:
        counts = (f"{len(getattr(self, name))} {name}" for name in ("created", "updated"))
        out.write(f"{', '.join(counts)}, {len(self.unchanged)} unchanged.")
        for name in self.kept:
            out.write(
                f"KEPT: {name} was edited here, and its shipped file has changed as well."
                " The edited text stays. Run the command again with --take=file or"
                " --take=database and the slug to decide."
            )


def read_content(root: Path = CONTENT) -> list[File]:
    """Every file below a folder, in the order of loading. Raises LoadFailed with all faults."""
    files, faults = [], []
    for path in sorted(root.rglob("*.md")):
        name = str(path.relative_to(root.parent))
        try:
            document, text = read(path, name)
        except DocumentError as exc:
            faults += [f"{name}:{line}: {sentence}" for line, sentence in exc.problems]
            continue
        if document.slug != path.stem:
            line = line_of(text, ("slug",))
            faults.append(f"{name}:{line}: The slug must be the file's name, {path.stem!r}.")
        if dump(document) != text:
            faults.append(
                f"{name}:1: Not in canonical form; `manage.py format_content` puts it there."
            )
        files.append(File(name, ENTRY_MODELS[document.type], document, text))
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        key = (file.document.type, file.document.slug)
        if key in seen:
            faults.append(f"{file.name}:1: {seen[key]} has the same type and slug.")
        seen[key] = file.name
    if faults:
        raise LoadFailed(faults)
    order = list(DOCUMENT_TYPES)
    return sorted(files, key=lambda file: order.index(file.document.type))


def add_take_argument(parser) -> None:
    parser.add_argument(
        "--take", choices=[FILE, DATABASE], help="for the slugs named: whose text is right"
    )
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="entries that --take is about")


@transaction.atomic
def load(files: list[File], take: str | None = None, slugs: list[str] | None = None) -> Report:
    """Load all files or none. Raises LoadFailed with file and line of everything wrong."""
    report, work = Report(), []
    chosen = set(slugs or [])
    if unknown := chosen - {file.document.slug for file in files}:
        raise LoadFailed([f"There is no shipped file for {', '.join(sorted(unknown))}."])
    for file in files:
        decision = take if file.document.slug in chosen else None
        if entry := _entry_to_load(file, decision, report):
            work.append((file, entry))
    _write(work)
    _publish(work)
    return report


def _entry_to_load(file: File, decision: str | None, report: Report) -> Entry | None:
    """The entry that a file is to be written to, or None where it is to be left alone."""
    slug, model = file.document.slug, file.model
    loaded = LoadedFile.objects.filter(type=model.TYPE, slug=slug).first()
    entry = model.objects.current().filter(slug=slug).first()
    if entry is None:
        if loaded and loaded.sha256 == file.sha256:
            report.unchanged.append(file.name)
            return None
        report.created.append(file.name)
        return model()
    if loaded and loaded.sha256 == file.sha256 and decision != FILE:
        report.unchanged.append(file.name)
        return None
    if _was_edited(entry, loaded) and decision != FILE:
        if decision == DATABASE:
            # The version stays: the edit is a person's work for the next file too.
            _remember(file, loaded.version if loaded else 0)
            report.unchanged.append(file.name)
        else:
            report.kept.append(file.name)
        return None
    report.updated.append(file.name)
    return entry


def _was_edited(entry: Entry, loaded: LoadedFile | None) -> bool:
    if loaded is None or entry.version > loaded.version:
        return True
    if type(entry).objects.filter(draft_of=entry).exists():
        return True
    # A planned topic that somebody has begun to write, or an entry that was withdrawn.
    return entry.state in (State.DRAFT, State.IN_REVIEW)


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
                    line = _line_with(file.text, exc.slugs[0])
                    faults.append(f"{file.name}:{line}: {exc}")
            if faults:
                raise LoadFailed(faults)


def _publish(work: list[tuple[File, Entry]]) -> None:
    now, faults = timezone.now(), []
    # All states first: a text links to entries that are published in the same load.
    was_published = {file.name: entry.is_published for file, entry in work}
    for file, entry in work:
        entry.state = State.PLANNED if _is_planned(file) else State.PUBLISHED
        entry.save(update_fields=["state"])
    for file, entry in work:
        try:
            if not _is_planned(file):
                is_new = not was_published[file.name]
                record_publication(entry, origin="file", now=now, is_new=is_new)
            elif was_published[file.name]:
                withdraw(entry, State.PLANNED)
            else:
                rendered(entry)
                raise_content_version()
        except CannotPublish as exc:
            faults += [_locate(file, sentence) for sentence in str(exc).split("\n")]
            continue
        _remember(file, entry.version)
    if faults:
        raise LoadFailed(faults)


def _is_planned(file: File) -> bool:
    return file.model is Topic and not file.document.body


def _remember(file: File, version: int) -> None:
    LoadedFile.objects.update_or_create(
        type=file.model.TYPE,
        slug=file.document.slug,
        defaults={"sha256": file.sha256, "version": version},
    )


def _line_with(text: str, word: str) -> int:
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines, 1) if f'"{word}"' in line), 1)


def _locate(file: File, sentence: str) -> str:
    """A sentence that begins with "line N:" of the body, with the line of the file."""
    if not sentence.startswith("line "):
        return f"{file.name}:1: {sentence}"
    number, _, rest = sentence.removeprefix("line ").partition(": ")
    body = getattr(file.document, "body", "")
    offset = file.text[: file.text.find(body)].count("\n") if body else 0
    return f"{file.name}:{int(number) + offset}: {rest}"
