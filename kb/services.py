"""Drafts, review, publishing, withdrawing, restoring: the only writers of what readers see.

A text is rendered before the transaction that puts it before readers, and what links to it is made
anew after it: only rows are written while the database is locked for others.
"""

import logging
from collections.abc import Iterable

import pydantic
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from kb.cards import drop_card, has_its_card, put_card
from kb.check import faults_of, said_of
from kb.document import Document
from kb.errors import (
    CannotPublish,
    CannotWithdraw,
    ContentError,
    ExampleError,
    NeedsReviewer,
    UnknownReference,
)
from kb.fields import BODY, DocumentError, Fault
from kb.markup import MarkupError
from kb.models import Revision, State
from kb.models.entry import Entry
from kb.models.links import MODELS
from rest.version import raise_content_version

logger = logging.getLogger(__name__)

LINK_KINDS = {model: kind for kind, model in MODELS.items()}
MEANWHILE = "Somebody has published, edited or discarded this meanwhile."


def start_draft(entry: Entry, author, document: Document | None = None) -> Entry:
    """The draft beside a published or planned entry.

    A new one has the published text, or that of the given document; one that exists stays as it is.
    """
    drafts = type(entry).objects.filter(draft_of=entry)
    if draft := drafts.first():
        return draft
    document = document or entry.to_document()
    draft = type(entry)(draft_of=entry, author=author, state=State.DRAFT)
    try:
        with transaction.atomic():
            draft.write(document)
            draft.write_relations(document)
    except IntegrityError:
        # Somebody else has begun one at the same moment.
        return drafts.get()
    return draft


def submit_for_review(entry: Entry) -> bool:
    """False if it is no draft that waits to be submitted."""
    drafts = type(entry).objects.filter(pk=entry.pk, state=State.DRAFT)
    return bool(drafts.update(state=State.IN_REVIEW))


def send_back(entry: Entry) -> bool:
    """False if it is not in review."""
    in_review = type(entry).objects.filter(pk=entry.pk, state=State.IN_REVIEW)
    return bool(in_review.update(state=State.DRAFT))


def preview(entry: Entry) -> Entry:
    """The entry as readers would see it, unsaved. Raises CannotPublish."""
    entry.set_rendered(rendered(entry, document_of(entry)))
    return entry


def document_of(entry: Entry) -> Document:
    """The entry as a document. Raises CannotPublish where a field does not fit one."""
    try:
        return entry.to_document()
    except pydantic.ValidationError as exc:
        faults = [
            Fault(error["loc"], 1, f"{error['msg']}.") for error in exc.errors(include_url=False)
        ]
        raise CannotPublish("\n".join(map(said_of, faults)), faults) from exc


def check(entry: Entry, document: Document) -> None:
    """Raises CannotPublish with everything that readers must not see of a document."""
    if entry.NEEDS_BODY and not document.body:
        sentence = "There is no text yet, and readers would see an empty page."
        raise CannotPublish(sentence, [Fault(BODY, 1, sentence)])
    faults = list(entry.faults(document))
    if not faults:
        return
    # What does not render is said too, so that an author hears of everything at once.
    try:
        rendered(entry, document)
    except CannotPublish as exc:
        faults += exc.faults
    raise CannotPublish("\n".join(map(said_of, faults)), faults)


def rendered(entry: Entry, document: Document) -> dict:
    """What readers see of a document of the entry's type. Raises CannotPublish."""
    try:
        return entry.make_rendered(document)
    except (MarkupError, ExampleError) as exc:
        faults = faults_of(exc, document)
        raise CannotPublish("\n".join(map(said_of, faults)), faults) from exc


def may_publish_alone() -> bool:
    """While fewer than two staff users exist, nobody else could review."""
    return get_user_model().objects.filter(is_staff=True, is_active=True).count() < 2


def publish(entry: Entry, by, seen: str = "") -> Entry:
    """Publish a draft; the published entry. Raises NeedsReviewer or CannotPublish.

    `seen` is the time (ISO 8601) of the last change of the text that was looked at.
    """
    # As it stands now: another may have published, edited or discarded it meanwhile.
    entry = type(entry).objects.filter(pk=entry.pk).first()
    if entry is None or entry.is_published or seen not in ("", entry.updated_at.isoformat()):
        raise CannotPublish(MEANWHILE)
    # What was withdrawn and not edited since has no author; anybody may bring it back.
    reviewed = entry.author_id != by.pk if entry.author_id else entry.version > 0
    if not may_publish_alone():
        if not reviewed:
            raise NeedsReviewer("A second person publishes: the last to edit may not.")
        if entry.author_id and entry.state != State.IN_REVIEW:
            raise NeedsReviewer("It is not in review; its author submits it when it is ready.")
    author, target = entry.author or (None if reviewed else by), entry.draft_of or entry
    is_new, document = not target.is_published, document_of(entry)
    if document.slug != target.slug:
        raise CannotPublish(f"What was published keeps its slug, {target.slug!r}.")
    check(entry, document)
    made, checked = rendered(entry, document), entry.before_publish(document)
    with transaction.atomic():
        claim(target)
        # Only what was rendered is published: no change that was saved since.
        if not type(entry).objects.filter(pk=entry.pk, updated_at=entry.updated_at).exists():
            raise CannotPublish(MEANWHILE)
        write_document(target, document)
        if entry.draft_of_id:
            entry.delete()
        reviewer = by if reviewed else None
        record_publication(target, made, author=author, reviewer=reviewer, origin="admin")
        target.keep_with_version(checked)
        put_cards_on(target)
    if is_new:
        render_linking([target])
    return target


def claim(entry: Entry) -> None:
    """Give the entry its next version; of two at the same moment the second is refused."""
    entries = type(entry).objects.filter(pk=entry.pk, version=entry.version)
    if not entries.update(version=F("version") + 1):
        raise CannotPublish(MEANWHILE)
    entry.version += 1


def write_document(entry: Entry, document: Document) -> None:
    """Set an entry's rows from a document. Raises CannotPublish."""
    try:
        entry.write(document)
        entry.write_relations(document)
    except UnknownReference as exc:
        raise CannotPublish(str(exc)) from exc


def record_publication(
    target: Entry, made: dict, *, author=None, reviewer=None, origin: str, now=None
) -> None:
    """Publish what was written, claimed and rendered: state, revision, card and content version.

    Raises CannotPublish where the entry that it stands on is not there for readers.
    """
    now = now or timezone.now()
    if needed := target.stands_on():
        # An update that changes nothing holds its row, so that nobody withdraws it meanwhile. A
        # topic that is only planned will do: it is named without a link until it is written.
        named = type(needed).objects.resolvable().filter(pk=needed.pk)
        if not named.update(version=F("version")):
            raise CannotPublish(f"{needed.title} is not published yet; publish it first.")
    target.state = State.PUBLISHED
    target.author = author
    target.published_at = target.published_at or now
    target.reviewed_at = now if reviewer else None
    target.set_rendered(made)
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
    raise_content_version()


def put_cards_on(entry: Entry) -> None:
    """Write the cards of what stands on an entry anew: they tell what that is called."""
    for others in standing_on(entry):
        relations = [field.name for field in others.model._meta.many_to_many]
        for other in others.prefetch_related(*relations):
            put_card(other)


def standing_on(entry: Entry) -> list[QuerySet]:
    """The published entries that readers could not place without this one, type by type."""
    return [
        model.objects.published().filter(**{path: entry}).select_related(path)
        for model in Entry.__subclasses__()
        if model.STANDS_ON and model.STANDS_ON[0] == entry.TYPE
        for path in model.STANDS_ON[1:]
    ]


def withdraw(entry: Entry) -> None:
    """Take a published entry from readers; its revisions stay. Raises CannotWithdraw."""
    with transaction.atomic():
        if type(entry).objects.filter(draft_of=entry).exists():
            raise CannotWithdraw("There is a draft beside it; publish or discard that first.")
        hide(entry, State.DRAFT)
    render_linking([entry])


def hide(entry: Entry, state: State) -> None:
    """Give a published entry a state in which it is not shown. Raises CannotWithdraw."""
    entry.state = state
    entry.save(update_fields=["state", "updated_at"])
    for others in standing_on(entry):
        if names := [other.title for other in others[:3]]:
            raise CannotWithdraw(
                f"{', '.join(names)} cannot be shown without {entry.title}; withdraw that first."
            )
    drop_card(entry)
    raise_content_version()


def render_linking(entries: list[Entry], besides: Iterable[tuple[str, str]] = ()) -> None:
    """Make the texts anew that link to entries which became readable, or no longer are.

    They are found in what was published, so that texts of every app are: problems too. Those of
    type and slug in `besides` are left out. A text that does not render stays as it is.
    """
    found = set()
    for entry in entries:
        if kind := LINK_KINDS.get(type(entry).__name__):
            linking = Revision.objects.filter(document__contains=f"{kind}:{entry.slug}")
            found |= set(linking.values_list("type", "slug"))
    found -= {(entry.TYPE, entry.slug) for entry in entries} | set(besides)
    models = {model.TYPE: model for model in Entry.__subclasses__()}
    others = [
        models[entry_type].objects.published().filter(slug=slug).first()
        for entry_type, slug in sorted(found)
    ]
    _changed, kept = render_anew(other for other in others if other)
    for sentence in kept:
        logger.warning("%s", sentence)


def render_anew(entries: Iterable[Entry]) -> tuple[int, list[str]]:
    """Make what readers see of published entries anew: how many changed, and what did not render.

    After an upgrade too: figures, formulas, computed examples and cards come from code. An entry
    that does not render keeps what it had.
    """
    changed, kept = 0, []
    for entry in entries:
        try:
            made = rendered(entry, document_of(entry))
        except ContentError as exc:
            said = str(exc).replace("\n", " ")
            kept.append(f"{entry.TYPE} {entry.slug} keeps its old rendering: {said}")
            continue
        if made != entry.rendered or not has_its_card(entry):
            changed += _put_rendered(entry, made)
    return changed, kept


@transaction.atomic
def _put_rendered(entry: Entry, made: dict) -> bool:
    """False where another version was published meanwhile, which has a rendering of its own."""
    fields = {name: getattr(entry, name) for name in entry.set_rendered(made)}
    same = type(entry).objects.published().filter(pk=entry.pk, version=entry.version)
    if not same.update(**fields):
        return False
    put_card(entry)
    raise_content_version()
    return True


@transaction.atomic
def restore(entry: Entry, revision: Revision, author) -> Entry:
    """A draft with the text of an old revision.

    Raises CannotPublish if that no longer fits, or if it would replace a text that is nowhere else.
    """
    try:
        document = entry.parse_text(revision.document, str(revision))
    except DocumentError as exc:
        raise CannotPublish(str(exc)) from exc
    draft = entry
    if entry.is_resolvable:
        draft = type(entry).objects.filter(draft_of=entry).first()
    if draft and not is_kept(draft):
        raise CannotPublish("The draft has a text of its own; publish or discard it first.")
    try:
        if draft is None:
            draft = start_draft(entry, author, document)
        else:
            draft.write(document)
            draft.write_relations(document)
    except UnknownReference as exc:
        raise CannotPublish(str(exc)) from exc
    edited_by(draft, author)
    return draft


def is_kept(entry: Entry) -> bool:
    """Whether a revision has the entry's text."""
    try:
        text = entry.dump_text(document_of(entry))
    except CannotPublish:
        return False
    return Revision.objects.filter(type=entry.TYPE, slug=entry.slug, document=text).exists()


def edited_by(entry: Entry, author) -> None:
    """Remember who edited a draft last; what is edited has to be reviewed again."""
    state = State.DRAFT if entry.state == State.IN_REVIEW else entry.state
    type(entry).objects.filter(pk=entry.pk).update(author=author, state=state)
    entry.author, entry.state = author, state
