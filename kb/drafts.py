"""Drafts: what keeps one from being published, and a draft that is made from an uploaded file."""

from collections.abc import Sequence

from django.db import DataError, IntegrityError, transaction

from kb import services
from kb.check import Read
from kb.document import Document, decode
from kb.errors import CannotPublish, UnknownReference
from kb.fields import DocumentError, Fault
from kb.loading import line_with
from kb.models import State
from kb.models.entry import Entry


class CannotUpload(CannotPublish):
    """A file that makes no draft."""


class DraftInTheWay(CannotUpload):
    """There is a draft whose text is kept nowhere else; `draft` is it."""

    def __init__(self, message: str, draft: Entry):
        self.draft = draft
        super().__init__(message)


def faults_of(entry: Entry) -> Sequence[Fault]:
    """Everything that keeps an entry from being published, as `services.publish` would say it."""
    try:
        document = services.document_of(entry)
        services.check(entry, document)
        services.rendered(entry, document)
    except CannotPublish as exc:
        return exc.faults
    return []


def read_upload(model: type[Entry], data: bytes, name: str) -> Read:
    """A file with a document of a type. Raises DocumentError, which names file and line."""
    text = decode(data, name).removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip():
        raise DocumentError(name, [(1, "The file is empty.")])
    try:
        document = model.parse_text(text, name)
    except RecursionError:
        raise DocumentError(name, [(1, "The front matter is nested too deeply.")]) from None
    if isinstance(document, Document) and document.type != model.TYPE:
        raise DocumentError(
            name, [(2, f"This is a {document.type}, and here a {model.TYPE} is uploaded.")]
        )
    return Read(name, text, document)


def put_draft(model: type[Entry], file: Read, author, replace: str = "") -> Entry:
    """The draft with the text of a file, beside what is published; made if there is none.

    `replace` is the time (ISO 8601) of the last change of the draft that may be replaced. Raises
    CannotUpload, DraftInTheWay if the draft has a text that is kept nowhere else; then nothing
    was changed.
    """
    try:
        with transaction.atomic():
            return _put(model, file.document, author, replace)
    except UnknownReference as exc:
        line = line_with(file.text, exc.slugs[0])
        raise CannotUpload(f"{file.name}:{line}: {exc}") from exc
    except (IntegrityError, DataError) as exc:
        # The database refuses what no case may have, even in a draft: a flow to itself.
        faults = model().faults(file.document)
        raise CannotUpload("\n".join(map(file.where, faults)) or services.MEANWHILE) from exc


def _put(model: type[Entry], document: Document, author, replace: str) -> Entry:
    entry = model.objects.current().filter(slug=document.slug).first()
    if entry is None:
        draft = model(author=author, state=State.DRAFT)
    elif entry.is_resolvable:
        draft = model.objects.filter(draft_of=entry).first()
        draft = draft or model(draft_of=entry, author=author, state=State.DRAFT)
    else:
        draft = entry
    if draft.pk and not services.is_kept(draft) and draft.updated_at.isoformat() != replace:
        by = f", last edited by {draft.author}" if draft.author else ""
        raise DraftInTheWay(
            f"There is a draft of {document.slug!r}{by}, and its text is kept nowhere else.",
            draft,
        )
    draft.write(document)
    draft.write_relations(document)
    services.edited_by(draft, author)
    return draft
