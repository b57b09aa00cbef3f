"""What every door shares: the content version, signs of life, tries, and requests with a key."""

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
    # What keeps it from its work, as a sentence; empty for nothing, null while it has not said.
    trouble = models.TextField(null=True, blank=True)

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


class IdempotencyKey(models.Model):
    """A request that carried a key, and what it made (rest/idempotency.py).

    `key` hashes the caller, the method, the path and the key; `body` what came with them.
    """

    key = models.CharField(max_length=64, unique=True)
    body = models.CharField(max_length=64)
    # The primary key of what was made; null only within the transaction that makes it.
    made = models.UUIDField(null=True)
    until = models.DateTimeField(db_index=True)

    def __str__(self):
        return self.key
