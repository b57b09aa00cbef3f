"""What publishing leaves behind: revisions, cards, hashes of loaded files."""

from django.conf import settings
from django.db import models


class Revision(models.Model):
    """One published state of an entry, as its document. Never changed, never deleted."""

    type = models.CharField(max_length=20)
    slug = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    document = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Null: published by its author alone, or loaded from a shipped file.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    origin = models.CharField(
        max_length=10, choices=[("admin", "edited in the admin"), ("file", "loaded from a file")]
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["type", "slug", "-number"]
        permissions = [("publish", "Can publish and withdraw entries")]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "slug", "number"], name="kb_revision_number_unique"
            )
        ]

    def __str__(self):
        return f"{self.type} {self.slug}, revision {self.number}"


class Card(models.Model):
    """One published thing of any app, for search, related lists, home and digest.

    The publishing app puts or drops it in its own transaction, so that no draft leaks.
    """

    type = models.CharField(max_length=20)
    slug = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    url = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    techniques = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    # What the day's digest says of it.
    digest = models.JSONField(default=dict)
    # What lists show besides: a company, minutes, a difficulty.
    extra = models.JSONField(default=dict)

    class Meta:
        ordering = ["type", "slug"]
        constraints = [models.UniqueConstraint(fields=["type", "slug"], name="kb_card_unique")]

    def __str__(self):
        return f"{self.type} {self.slug}"


class LoadedFile(models.Model):
    """The shipped file that an entry was last loaded from, by its hash."""

    type = models.CharField(max_length=20)
    slug = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    # The entry's version after loading: a higher one means that a person has edited it since.
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["type", "slug"], name="kb_loadedfile_unique")
        ]

    def __str__(self):
        return f"{self.type} {self.slug}"
