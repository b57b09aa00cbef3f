"""The addresses that published entries cite, what became of them, and whose turn it is to ask."""

import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from kb.linkchecks.visitor import Result

# Of one link, the newest.
KEPT_VISITS = 50
# How long a link, and a host, is held by who visits it; a visit takes far less. So long nobody
# else touches what a lost worker held.
LINK_LEASE = datetime.timedelta(minutes=5)
HOST_LEASE = datetime.timedelta(minutes=1)


class LinkQuerySet(models.QuerySet):
    def due(self):
        """What should be visited now, those longest due first, and whose host has no visitor."""
        now = timezone.now()
        busy = LinkHost.objects.filter(free_at__gt=now).values("host")
        return self.filter(next_check_at__lte=now).exclude(host__in=busy)

    def claim(self, link: "Link") -> datetime.datetime | None:
        """Hold a link that is due: until when, which is the token; None if it was taken.

        Nobody else finds it due until then.
        """
        until = timezone.now() + LINK_LEASE
        same = self.filter(pk=link.pk, next_check_at=link.next_check_at)
        return until if same.update(next_check_at=until) else None

    def held(self, link: "Link", token: datetime.datetime):
        return self.filter(pk=link.pk, next_check_at=token)


class Link(models.Model):
    """One address that published entries cite, and how it was when it was last visited."""

    class State(models.TextChoices):
        UNCHECKED = "unchecked", "not checked yet"
        OK = "ok", "answers"
        MOVED = "moved", "moved"
        BLOCKED = "blocked", "blocked"
        DEAD = "dead", "dead"

    url = models.CharField(max_length=500, unique=True)
    # Empty: an address that is not visited at all.
    host = models.CharField(max_length=253, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State, default=State.UNCHECKED)
    moved_to = models.CharField(max_length=2000, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(default=timezone.now, db_index=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    first_failed_at = models.DateTimeField(null=True, blank=True, help_text="Of those in a row.")

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["url"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["unchecked", "ok", "moved", "blocked", "dead"]),
                name="kb_link_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="moved") & ~Q(moved_to="") | ~Q(state="moved") & Q(moved_to=""),
                name="kb_link_moved_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, first_failed_at=None)
                | Q(failures__gt=0, first_failed_at__isnull=False),
                name="kb_link_failures_began",
            ),
        ]

    def __str__(self):
        return self.url


class LinkVisit(models.Model):
    """What was found at a link once, by the checker or by a person."""

    BY_HAND = "by hand"

    link = models.ForeignKey(Link, models.CASCADE, related_name="visits")
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=[(result, result) for result in Result])
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    location = models.CharField(max_length=2000, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    method = models.CharField(max_length=10, blank=True, help_text="HEAD, GET or by hand.")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["link", "-at"], name="kb_linkvisit_newest")]

    def __str__(self):
        return f"{self.link_id} at {self.at}"


class LinkHostQuerySet(models.QuerySet):
    """Whose turn it is to ask a host: the visitor's `Turns`, across all workers."""

    def take(self, host: str) -> datetime.datetime | None:
        now = timezone.now()
        row = self.filter(host=host).first()
        if row is None:
            try:
                with transaction.atomic():
                    row = self.create(host=host, free_at=now)
            except IntegrityError:
                return None
        until = now + HOST_LEASE
        free = self.filter(host=host, free_at=row.free_at, free_at__lte=now)
        return until if free.update(free_at=until) else None

    def give_back(self, host: str, token: datetime.datetime, pause: float) -> None:
        """End a turn. One that somebody else has taken since is theirs."""
        free_at = timezone.now() + datetime.timedelta(seconds=pause)
        self.filter(host=host, free_at=token).update(free_at=free_at)


class LinkHost(models.Model):
    """A host that links lead to, and when it may be asked again."""

    host = models.CharField(max_length=253, primary_key=True)
    free_at = models.DateTimeField(db_index=True)

    objects = LinkHostQuerySet.as_manager()

    def __str__(self):
        return self.host
