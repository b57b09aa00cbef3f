"""Who has which draft open, so that two people do not write the same one unawares."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Editing(models.Model):
    """A person in the form of a draft: since when, and when last heard of."""

    type = models.CharField(max_length=20)
    entry_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["type", "entry_id", "user"], name="kb_editing_once_each"
            )
        ]

    def __str__(self):
        return f"{self.user} in {self.type} {self.entry_id}"
