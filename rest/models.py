"""What every door shares in the database: the content version, and who gave a sign of life."""

from django.db import models
from django.db.models import F


class ContentVersion(models.Model):
    """One row: a number for everything published, from which every ETag is made.

    It is raised in the transaction of any publish, so that no reader keeps an old answer.
    """

    number = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return str(self.number)


class Heartbeat(models.Model):
    """When a process that has no address of its own was last alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.name


def raise_content_version() -> None:
    """Call it in the transaction that changes what readers see."""
    if not ContentVersion.objects.filter(pk=1).update(number=F("number") + 1):
        ContentVersion.objects.create(pk=1, number=1)
