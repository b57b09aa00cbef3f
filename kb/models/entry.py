"""What every entry has, whatever its type: a slug, a state, a draft beside it, its rendering."""

import json
from collections.abc import Collection, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from kb.document import RESERVED_SLUGS, Document, dump, parse
from kb.errors import UnknownReference
from kb.fields import CONFIDENCES, Fault, Part

slug_validator = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*$", "A slug has lower-case letters, digits and single hyphens."
)
doi_validator = RegexValidator(
    r"^10\.\d{4,9}/[^\sA-Z]+$", "A DOI is written in lower case: 10.1145/2843948."
)
line_validator = RegexValidator(r"^[^\n<>]+$", "A title is one line without < and >.")


def without_nul(value: object) -> None:
    """A validator of JSON: PostgreSQL cannot hold a NUL character, and no text needs one."""
    if "\\u0000" in json.dumps(value):
        raise ValidationError("A NUL character is not allowed.")


# For references in forms: they lead to entries, never to the draft beside one.
NO_DRAFT_BESIDE = {"draft_of": None}


class State(models.TextChoices):
    DRAFT = "draft", "draft"
    IN_REVIEW = "in-review", "in review"
    PUBLISHED = "published", "published"
    # A topic of a plan that has no prose yet: it resolves as a reference and is not shown.
    PLANNED = "planned", "planned"


class EntryQuerySet(models.QuerySet):
    """Reads with a name. Every door reads through `published`, the admin through `in_work` too."""

    def published(self):
        return self.filter(state=State.PUBLISHED, draft_of=None)

    def resolvable(self):
        """What a published text may name: other published entries, and planned topics."""
        return self.filter(state__in=[State.PUBLISHED, State.PLANNED], draft_of=None)

    def current(self):
        """One row for each entry, whatever its state; not the drafts beside published ones."""
        return self.filter(draft_of=None)

    def in_work(self):
        return self.filter(state__in=[State.DRAFT, State.IN_REVIEW])


class Entry(models.Model):
    """A piece of curated content.

    A published entry is never edited in place. Its draft is a row of its own, with `draft_of`
    set, and replaces it when it is published.
    """

    TYPE = ""
    # Whether an entry without a body is nothing to read.
    NEEDS_BODY = False
    # The pair by which an entry becomes a text and comes back from it.
    parse_text = staticmethod(parse)
    dump_text = staticmethod(dump)
    # The type of the entry without which readers could not place this one, and the path to it.
    # That one is published first and withdrawn last.
    STANDS_ON: tuple[str, str] | None = None

    slug = models.CharField(max_length=80, validators=[slug_validator])
    title = models.CharField(max_length=200, validators=[line_validator])
    summary = models.TextField(max_length=4000)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    draft_of = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, editable=False, related_name="draft"
    )
    # The last person who edited; somebody else must publish.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # HTML, math and computed examples, made by `make_rendered` when the entry is published.
    rendered = models.JSONField(default=dict, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(draft_of=None),
                name="%(app_label)s_%(class)s_slug_unique",
                violation_error_message="Another entry of this type has this slug.",
            ),
            models.CheckConstraint(
                condition=Q(draft_of=None) | Q(state__in=["draft", "in-review"]),
                name="%(app_label)s_%(class)s_draft_beside_is_no_publication",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=sorted(RESERVED_SLUGS)),
                name="%(app_label)s_%(class)s_slug_not_reserved",
                violation_error_message="This slug is a reserved word.",
            ),
        ]

    def __str__(self):
        return f"{self.title} (draft)" if self.draft_of_id else self.title

    @property
    def is_published(self):
        return self.state == State.PUBLISHED

    @property
    def is_resolvable(self):
        """Published or planned: others refer to it, so it is edited in a draft beside it."""
        return self.draft_of_id is None and self.state in (State.PUBLISHED, State.PLANNED)

    def stands_on(self) -> "Entry | None":
        if self.STANDS_ON is None:
            return None
        entry = self
        for name in self.STANDS_ON[1].split("__"):
            entry = getattr(entry, name)
        return entry

    def to_document(self) -> Document:
        """The entry as a document, from its rows. Raises pydantic's ValidationError."""
        raise NotImplementedError

    def write(self, document: Document) -> None:
        """Set the entry's own fields from a document, and save. Raises UnknownReference."""
        raise NotImplementedError

    def write_relations(self, document: Document) -> None:
        """Set the rows that belong to the entry or are linked to it. Raises UnknownReference."""

    @staticmethod
    def make_rendered(document: Document) -> dict:
        """What is shown to readers. Raises MarkupError or ExampleError."""
        return {}

    def faults(self, document: Document) -> Sequence[Fault]:
        """What keeps a document from being published, beyond what does not render."""
        return []

    def before_publish(self, document: Document) -> object:
        """The last and longest checks of a draft, while nothing is locked. Raises CannotPublish.

        What it returns goes to `keep_with_version`.
        """
        return None

    def keep_with_version(self, made: object) -> None:
        """Keep what `before_publish` made, in the transaction that publishes this version."""

    def set_rendered(self, rendered: dict) -> list[str]:
        """Keep what was rendered; the names of the fields that hold it."""
        self.rendered = rendered
        return ["rendered"]

    def card_text(self) -> str:
        """The words that search finds the entry by, besides its title and summary."""
        return ""

    def card_techniques(self) -> list[str]:
        return []

    def card_topics(self) -> list[str]:
        return []

    def card_digest(self) -> dict:
        """What the day's digest says of it: `text`, and for a topic `formula_html`."""
        return {}

    def card_extra(self) -> dict:
        """What lists show of the entry besides its title and summary."""
        return {}


class CitedWork(models.Model):
    """A source of a case or a reference of a topic."""

    class Confidence(models.TextChoices):
        ORIGINAL = "original", "read in the original"
        ABSTRACT_ONLY = "abstract-only", "only its opening was read"
        SECONDARY = "secondary", "a secondary account"
        UNVERIFIED = "unverified", "not verified"

    key = models.CharField(max_length=80, validators=[slug_validator])
    title = models.TextField(max_length=4000)
    authors = models.TextField(blank=True, max_length=4000)
    publisher = models.TextField(blank=True, max_length=4000)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    url = models.URLField(blank=True, max_length=500)
    doi = models.CharField(
        "DOI",
        blank=True,
        max_length=200,
        validators=[doi_validator],
        help_text="In lower case, beginning with 10.",
    )
    confidence = models.CharField(max_length=15, choices=Confidence, default=Confidence.ORIGINAL)
    note = models.TextField(blank=True, max_length=4000)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__in=list(CONFIDENCES)),
                name="%(app_label)s_%(class)s_confidence_known",
            )
        ]

    def __str__(self):
        return self.title


def slugs_of(related) -> list[str]:
    """The slugs of related entries, sorted."""
    return sorted(entry.slug for entry in related.all())


def values_of(row: models.Model, part: type[Part], without: Collection[str] = ()) -> dict:
    """What a row has of the fields of a part of a document, unchecked."""
    return {name: getattr(row, name) for name in part.model_fields if name not in without}


def find_all(queryset, slugs: list[str], what: str) -> list:
    """The rows of these slugs, in their order. Raises UnknownReference with those missing."""
    found = {row.slug: row for row in queryset.filter(slug__in=slugs)}
    if missing := [slug for slug in slugs if slug not in found]:
        raise UnknownReference(f"There is no {what} {', '.join(map(repr, missing))}.", missing)
    return [found[slug] for slug in slugs]
