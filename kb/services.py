"""Drafts, review, publishing, withdrawing, restoring: the only writers of what readers see."""

import pydantic
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from kb.cards import drop_card, put_card
from kb.document import Document
from kb.errors import CannotPublish, ExampleError, NeedsReviewer, UnknownReference
from kb.markup import MarkupError
from kb.models import Revision, State
from kb.models.entry import Entry
from kb.models.links import MODELS
from rest.models import raise_content_version

LINK_KINDS = {model: kind for kind, model in MODELS.items()}


@transaction.atomic
def start_draft(entry: Entry, author, document: Document | None = None) -> Entry:
    """The draft beside a published or planned entry.

    A new one has the published text, or that of the given document.
    """
    draft = type(entry).objects.filter(draft_of=entry).first()
    if draft is None:
        draft = type(entry)(draft_of=entry, author=author, state=State.DRAFT)
        document = document or entry.to_document()
    if document is not None:
        draft.write(document)
        draft.write_relations(document)
    return draft


def submit_for_review(entry: Entry) -> None:
    type(entry).objects.filter(pk=entry.pk, state=State.DRAFT).update(state=State.IN_REVIEW)


def send_back(entry: Entry) -> None:
    type(entry).objects.filter(pk=entry.pk, state=State.IN_REVIEW).update(state=State.DRAFT)


def preview(entry: Entry) -> Entry:
    """The entry as readers would see it, unsaved. Raises CannotPublish."""
    document_of(entry)
    entry.rendered = rendered(entry)
    return entry


def document_of(entry: Entry) -> Document:
    """The entry as a document. Raises CannotPublish where a field does not fit one."""
    try:
        return entry.to_document()
    except pydantic.ValidationError as exc:
        lines = (
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}."
            for error in exc.errors(include_url=False)
        )
        raise CannotPublish("\n".join(lines)) from exc


def rendered(entry: Entry) -> dict:
    """Raises CannotPublish with every sentence about what does not render."""
    try:
        return entry.make_rendered()
    except MarkupError as exc:
        lines = [f"line {line}: {sentence}" for line, sentence in exc.problems]
        raise CannotPublish("\n".join(lines)) from exc
    except ExampleError as exc:
        raise CannotPublish(str(exc)) from exc


def may_publish_alone() -> bool:
    """While fewer than two staff users exist, nobody else could review."""
    return get_user_model().objects.filter(is_staff=True, is_active=True).count() < 2


@transaction.atomic
def publish(entry: Entry, by) -> Entry:
    """Publish a draft; the published entry. Raises NeedsReviewer or CannotPublish."""
    # As it stands now: another may have published, edited or discarded it meanwhile.
    entry = type(entry).objects.filter(pk=entry.pk).first()
    if entry is None or entry.is_published:
        raise CannotPublish("Somebody has published or discarded this draft meanwhile.")
    # What was withdrawn and not edited since has no author; anybody may bring it back.
    reviewed = entry.author_id != by.pk if entry.author_id else entry.version > 0
    if not reviewed and not may_publish_alone():
        raise NeedsReviewer("A second person publishes: the last to edit may not.")
    author, target = entry.author or (None if reviewed else by), entry.draft_of or entry
    is_new, document = not target.is_published, document_of(entry)
    if document.slug != target.slug:
        raise CannotPublish(f"What was published keeps its slug, {target.slug!r}.")
    write_document(target, document)
    if entry.draft_of_id:
        entry.delete()
    reviewer = by if reviewed else None
    record_publication(target, author=author, reviewer=reviewer, origin="admin", is_new=is_new)
    return target


def write_document(entry: Entry, document: Document) -> None:
    """Set an entry's rows from a document. Raises CannotPublish."""
    try:
        entry.write(document)
        entry.write_relations(document)
    except UnknownReference as exc:
        raise CannotPublish(str(exc)) from exc


def record_publication(
    target: Entry, *, author=None, reviewer=None, origin: str, is_new: bool, now=None
) -> None:
    """Render, number and record what was written; card and content version with it.

    Raises CannotPublish.
    """
    now = now or timezone.now()
    for needed in target.stands_on():
        if not type(needed).objects.published().filter(pk=needed.pk).exists():
            raise CannotPublish(f"{needed.title} is not published yet; publish it first.")
    target.state, target.version = State.PUBLISHED, target.version + 1
    target.author = author
    target.published_at = target.published_at or now
    target.reviewed_at = now if reviewer else None
    target.rendered = rendered(target)
    target.save()
    Revision.objects.create(
        type=target.TYPE,
        slug=target.slug,
        number=target.version,
        document=target.dump_text(target.to_document()),
        author=author,
        reviewer=reviewer,
        origin=origin,
    )
    put_card(target)
    if is_new:
        render_linking(target)
    raise_content_version()


@transaction.atomic
def withdraw(entry: Entry, state: State = State.DRAFT) -> None:
    """Take a published entry from readers; its revisions stay."""
    entry.state = state
    entry.save(update_fields=["state", "updated_at"])
    drop_card(entry)
    render_linking(entry)
    raise_content_version()


def render_linking(entry: Entry) -> None:
    """Make the texts anew that link to an entry which became readable, or no longer is.

    They are found in what was published, so that texts of every app are: problems too.
    """
    kind = LINK_KINDS.get(type(entry).__name__)
    if kind is None:
        return
    found = Revision.objects.filter(document__contains=f"{kind}:{entry.slug}")
    models = {model.TYPE: model for model in Entry.__subclasses__()}
    for entry_type, slug in sorted(set(found.values_list("type", "slug"))):
        other = models[entry_type].objects.published().filter(slug=slug).first()
        if other is not None and (entry_type, slug) != (entry.TYPE, entry.slug):
            models[entry_type].objects.filter(pk=other.pk).update(rendered=rendered(other))


@transaction.atomic
def render_anew(models: list[type[Entry]]) -> int:
    """Make what readers see anew after an upgrade; how many entries changed.

    Figures, formulas and computed examples come from code, which a new release may change.
    """
    changed = 0
    for model in models:
        for entry in model.objects.published():
            if (now := rendered(entry)) != entry.rendered:
                fields = {"rendered": now}
                if hasattr(entry, "reading_minutes"):
                    fields["reading_minutes"] = entry.reading_minutes
                model.objects.filter(pk=entry.pk).update(**fields)
                entry.rendered = now
                put_card(entry)
                changed += 1
    if changed:
        raise_content_version()
    return changed


@transaction.atomic
def restore(entry: Entry, revision: Revision, author) -> Entry:
    """A draft with the text of an old revision. Raises CannotPublish if it no longer fits."""
    document = entry.parse_text(revision.document, str(revision))
    try:
        if entry.is_resolvable:
            draft = start_draft(entry, author, document)
        else:
            draft = entry
            draft.write(document)
            draft.write_relations(document)
    except UnknownReference as exc:
        raise CannotPublish(str(exc)) from exc
    edited_by(draft, author)
    return draft


def edited_by(entry: Entry, author) -> None:
    """Remember who edited a draft last; what is edited has to be reviewed again."""
    state = State.DRAFT if entry.state == State.IN_REVIEW else entry.state
    type(entry).objects.filter(pk=entry.pk).update(author=author, state=state)
    entry.author, entry.state = author, state
