"""Durable work: the abstract model under jobs and submissions.

The row is the truth and the outbox; the broker's message is a hint that may be lost, late or
doubled. Each change of state is one conditional UPDATE that tells whether it won:

    queued → running → succeeded | failed | cancelled
    running → queued      when the lease runs out, at most MAX_ATTEMPTS times

`attempt` is the fencing token: a finish with an old one changes nothing.
"""

import datetime
import logging
import uuid
from functools import partial

import kombu.exceptions
import redis.exceptions
from celery import current_app
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
LEASE = datetime.timedelta(seconds=30)
# A queued row whose message was sent this long ago may be sent again if the broker lost it.
SEND_AGAIN_AFTER = datetime.timedelta(seconds=10)
# A row that was never sent is left to its own transaction's publish for this long.
SEND_AFTER = datetime.timedelta(seconds=1)
# In one sweep; a longer queue is sent over several.
MOST_SENT = 200
# A worker that is lost before its first sign of life has used some time all the same.
LEAST_LOST_SECONDS = 1

BROKER_ERRORS = (kombu.exceptions.OperationalError, redis.exceptions.RedisError)

WORKER_LOST = "worker-lost"
TIME_LIMIT = "time-limit"


class WorkNotCancellable(Exception):
    """The work has ended."""


class State(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = [State.SUCCEEDED, State.FAILED, State.CANCELLED]


class WorkQuerySet(models.QuerySet):
    """The only ways in which the state of work changes."""

    def unfinished(self):
        return self.filter(state__in=[State.QUEUED, State.RUNNING])

    def claim(self, pk) -> int | None:
        """Start queued work. The fencing token, or None if somebody else was first."""
        now = timezone.now()
        # Read before the update: read after it, by a process that was frozen in between, it
        # could be the token of the next holder.
        attempt = self.filter(pk=pk, state=State.QUEUED).values_list("attempt", flat=True).first()
        if attempt is None:
            return None
        won = self.filter(pk=pk, state=State.QUEUED, attempt=attempt).update(
            state=State.RUNNING,
            attempt=attempt + 1,
            lease_until=now + LEASE,
            started_at=now,
            progress_fraction=0,
            progress_message="",
        )
        return attempt + 1 if won else None

    def beat(self, pk, token: int, fraction: float, message: str) -> bool:
        """Renew the lease and record the progress. False once the token is void."""
        return self._held(pk, token).update(
            lease_until=timezone.now() + LEASE,
            progress_fraction=fraction,
            progress_message=message,
        )

    def cancel_wanted(self, pk, token: int) -> bool | None:
        """Whether somebody asked to cancel; None once the token is void."""
        return self._held(pk, token).values_list("cancel_requested", flat=True).first()

    def finish(self, pk, token: int, state: State, **fields) -> bool:
        """End running work. False, and nothing written, once the token is void."""
        return self._held(pk, token).update(
            state=state, finished_at=timezone.now(), lease_until=None, **fields
        )

    def cancel(self, pk) -> bool:
        """Cancel queued work at once, and ask running work to stop. False if it has ended."""
        # One update: in two, work could go from queued to running, or back, between them.
        was_queued = Q(state=State.QUEUED)
        return (
            self.unfinished()
            .filter(pk=pk)
            .update(
                cancel_requested=True,
                state=Case(When(was_queued, then=Value(State.CANCELLED)), default=F("state")),
                finished_at=Case(When(was_queued, then=Value(timezone.now())), default=None),
            )
        )

    def _held(self, pk, token: int):
        return self.filter(pk=pk, state=State.RUNNING, attempt=token)


class Work(models.Model):
    """Something that a worker does once, whatever happens to workers and broker."""

    # Set by each subclass: the Celery task that runs it.
    TASK = ""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    time_limit = models.FloatField(help_text="Seconds that one attempt may take.")
    progress_fraction = models.FloatField(default=0)
    progress_message = models.CharField(max_length=200, blank=True)
    seconds = models.FloatField(default=0, help_text="Charged to its owner.")
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="%(class)ss",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                name="%(app_label)s_%(class)s_unfinished",
                condition=Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["-created_at"], name="%(app_label)s_%(class)s_created"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="queued", lease_until=None, finished_at=None)
                | Q(
                    state="running",
                    lease_until__isnull=False,
                    started_at__isnull=False,
                    finished_at=None,
                )
                | Q(state__in=ENDED, lease_until=None, finished_at__isnull=False),
                name="%(app_label)s_%(class)s_state_fits_lease_and_end",
            ),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED


def submit(work: Work) -> None:
    """Save new work in the caller's transaction, and send its message once that has committed.

    A broker that is down costs the caller nothing: the sweep sends the row later.
    """
    work.save(force_insert=True)
    transaction.on_commit(partial(send, type(work), [work.pk]), robust=True)


def cancel(work: Work) -> None:
    """Raises WorkNotCancellable if the work has ended."""
    if not type(work).objects.cancel(work.pk):
        raise WorkNotCancellable("It has ended already; only queued or running work is cancelled.")


def send(model: type[Work], pks: list) -> int:
    """Publish a message for each row; how many the broker took."""
    sent = 0
    for pk in pks:
        try:
            current_app.send_task(model.TASK, (str(pk),), retry=False)
        except (*BROKER_ERRORS, OSError) as exc:
            logger.warning("The broker took no message, the sweep will send it: %s", exc)
            break
        model.objects.filter(pk=pk, state=State.QUEUED).update(sent_at=timezone.now())
        sent += 1
    return sent


def kinds_of_work() -> list[type[Work]]:
    """Every concrete model of work, found by its class, so that this module imports none."""
    found, waiting = [], [Work]
    while waiting:
        for model in waiting.pop().__subclasses__():
            waiting.append(model)
            if not model._meta.abstract:
                found.append(model)
    return found


def sweep(model: type[Work]) -> dict[str, int]:
    """Put right what workers and broker lost. Any number of sweeps may run at once."""
    now = timezone.now()
    counts = dict.fromkeys(("cancelled", "timed_out", "lost", "requeued"), 0)
    expired = model.objects.filter(state=State.RUNNING, lease_until__lt=now)
    fields = ("attempt", "lease_until", "started_at", "time_limit", "cancel_requested")
    for work in expired.only(*fields):
        name, changes = _after_loss(work, now)
        # What was renewed, taken or cancelled since it was read waits for the next sweep.
        same = expired.filter(
            pk=work.pk, attempt=work.attempt, cancel_requested=work.cancel_requested
        )
        seconds = max(LEAST_LOST_SECONDS, _seconds_until_last_sign(work))
        counts[name] += same.update(seconds=F("seconds") + seconds, lease_until=None, **changes)
    return counts | {"sent": _send_unsent(model, now)}


def _after_loss(work: Work, now: datetime.datetime) -> tuple[str, dict]:
    """What becomes of work whose worker was lost, and the fields that say so."""
    if work.cancel_requested:
        return "cancelled", {"state": State.CANCELLED, "finished_at": now}
    failed = {"state": State.FAILED, "finished_at": now}
    # Its worker still gave signs of life past its time limit, and would do so again. Time that
    # went by after the last sign is the lost worker's, not the work's.
    if _seconds_until_last_sign(work) > work.time_limit:
        detail = "It took longer than its time limit, and its worker was ended."
        return "timed_out", failed | {"error_code": TIME_LIMIT, "error_detail": detail}
    if work.attempt >= MAX_ATTEMPTS:
        detail = f"Its worker was lost {MAX_ATTEMPTS} times."
        return "lost", failed | {"error_code": WORKER_LOST, "error_detail": detail}
    return "requeued", {"state": State.QUEUED, "sent_at": None}


def _seconds_until_last_sign(work: Work) -> float:
    """How long the worker of running work is known to have been at it."""
    return (work.lease_until - LEASE - work.started_at).total_seconds()


def _send_unsent(model: type[Work], now: datetime.datetime) -> int:
    """Send rows that were never sent, and again those whose message the broker lost."""
    queued = model.objects.filter(state=State.QUEUED)
    unsent = queued.filter(sent_at=None, created_at__lt=now - SEND_AFTER).order_by("created_at")
    pks = list(unsent.values_list("pk", flat=True)[:MOST_SENT])
    waiting = queued.filter(sent_at__isnull=False)
    if (count := waiting.count()) and (depth := queue_length(queue_of(model))) is not None:
        # Only as many as are missing from the queue: the others are there, and will have a turn.
        old = waiting.filter(sent_at__lt=now - SEND_AGAIN_AFTER).order_by("sent_at")
        missing = max(0, count - depth)
        pks += old.values_list("pk", flat=True)[: min(missing, MOST_SENT - len(pks))]
    return send(model, pks)


def queue_of(model: type[Work]) -> str:
    return current_app.amqp.router.route({}, model.TASK)["queue"].name


def queue_length(name: str) -> int | None:
    """How many messages wait in a queue of the broker, or None where it does not answer."""
    try:
        with current_app.pool.acquire(block=True, timeout=2) as connection:
            return connection.default_channel.client.llen(name)
    except (*BROKER_ERRORS, OSError) as exc:
        logger.warning("The broker does not answer: %s", exc)
        return None
