"""What every door shares: the content version, who gave a sign of life, who tried how often."""

from django.db import models


class ContentVersion(models.Model):
    """One row, read and raised by rest/version.py."""

    number = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return str(self.number)


class Heartbeat(models.Model):
    """When a process that has no address of its own was last alive.

    A row is one process: `worker_compute@host:4711`. Any number of them may do the same.
    """

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.name


class Tries(models.Model):
    """How often something was tried since a minute began; the key is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self):
        return self.key
