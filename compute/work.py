"""Durable work: the abstract model under jobs and submissions.

The row is the truth and the outbox; the broker's message is a hint that may be lost, late or
doubled. Each change of state is one conditional UPDATE that tells whether it won:

    queued → running → succeeded | failed | cancelled
    running → queued      when the lease runs out, at most MAX_ATTEMPTS times

`attempt` is the fencing token: a finish with an old one changes nothing.
"""

import datetime
import logging
import time
import uuid
from functools import cache, partial

import kombu
import kombu.exceptions
import redis.exceptions
from celery import current_app
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from kombu.pools import producers

from rest.access import current_request_id
from rest.owned import OwnedQuerySet

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
LEASE = datetime.timedelta(seconds=30)
# A queued row whose message was sent this long ago may be sent again if the broker lost it.
SEND_AGAIN_AFTER = datetime.timedelta(seconds=10)
# In one sweep; a longer queue is sent over several.
MOST_SENT = 200
# A worker that is lost before its first sign of life has used some time all the same.
LEAST_LOST_SECONDS = 1

# After a message that the broker did not take, a process tries no other for so many seconds.
BROKER_PAUSE = 1
_broker_is_away_until = 0.0
PUBLISHING = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}

BROKER_ERRORS = (kombu.exceptions.KombuError, redis.exceptions.RedisError)

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


class WorkQuerySet(OwnedQuerySet):
    """The only ways in which the state of work changes."""

    # Unfinished work that no worker holds: to cancel it is to end it.
    unheld = Q(state=State.QUEUED)

    def unfinished(self):
        # The same as by state, and found by an index: SQLite uses none for a list of states.
        return self.filter(finished_at=None)

    def ended_of(self, pks: list):
        """Those of these keys whose work has ended."""
        return self.filter(pk__in=pks, state__in=ENDED).values_list("pk", flat=True)

    def claim(self, pk) -> "Work | None":
        """Start queued work: as it is then, or None if somebody else was first.

        Its `attempt` is the token that fences off whoever held it before.
        """
        # Read before the update: read after it, by a process that was frozen in between, it
        # could be the token of the next holder.
        work = self.filter(pk=pk, state=State.QUEUED).first()
        if work is None:
            return None
        now = timezone.now()
        changes = {
            "state": State.RUNNING,
            "attempt": work.attempt + 1,
            "lease_until": now + LEASE,
            "started_at": now,
            "progress_fraction": 0,
            "progress_message": "",
        }
        if not self.filter(pk=pk, state=State.QUEUED, attempt=work.attempt).update(**changes):
            return None
        for name, value in changes.items():
            setattr(work, name, value)
        return work

    def beat(self, pk, token: int, fraction: float, message: str) -> bool:
        """Renew the lease and record the progress. False once the token is void."""
        return self.held(pk, token).update(
            lease_until=timezone.now() + LEASE,
            progress_fraction=fraction,
            progress_message=message,
        )

    def cancel_wanted(self, pk, token: int) -> bool | None:
        """Whether somebody asked to cancel; None once the token is void."""
        return self.held(pk, token).values_list("cancel_requested", flat=True).first()

    def finish(self, pk, token: int, state: State, **fields) -> bool:
        """End running work. False, and nothing written, once the token is void."""
        return self.held(pk, token).update(
            state=state, finished_at=timezone.now(), lease_until=None, **fields
        )

    def put_back(self, pk, token: int, error_code: str, error_detail: str) -> bool:
        """Held work that its worker could not do: queued again, for the sweep to send.

        After MAX_ATTEMPTS it has failed with this error; where somebody asked to cancel it, it is
        cancelled. False, and nothing written, once the token is void.
        """
        now, held = timezone.now(), self.held(pk, token)
        changes: dict = {"state": State.QUEUED, "sent_at": None}
        if token >= MAX_ATTEMPTS:
            error = {"error_code": error_code, "error_detail": error_detail}
            changes = {"state": State.FAILED, "finished_at": now} | error
        wanted = held.filter(cancel_requested=False)
        return bool(
            wanted.update(lease_until=None, **changes)
            or held.update(lease_until=None, state=State.CANCELLED, finished_at=now)
        )

    def cancel(self, pk) -> bool:
        """Cancel queued work at once, and ask running work to stop. False if it has ended."""
        return bool(self.filter(pk=pk).cancel_all())

    def cancel_all(self) -> int:
        """Cancel whatever has not ended; how much that was."""
        # One update: in two, work could go from queued to running, or back, between them.
        unheld = self.unheld
        return self.unfinished().update(
            cancel_requested=True,
            state=Case(When(unheld, then=Value(State.CANCELLED)), default=F("state")),
            lease_until=Case(When(unheld, then=None), default=F("lease_until")),
            finished_at=Case(When(unheld, then=Value(timezone.now())), default=None),
        )

    def held(self, pk, token: int):
        return self.filter(pk=pk, state=State.RUNNING, attempt=token)

    def tidy(self) -> None:
        """What the sweep does besides; nothing for work that has no parts."""


class Work(models.Model):
    """Something that a worker does once, whatever happens to workers and broker."""

    # Set by each subclass: the Celery task that runs it.
    TASK = ""
    # A part of other work is counted with that, not of itself.
    IS_PART = False
    # The fields that every line of a log about it carries.
    LOGGED = ("attempt", "request_id")

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
    request_id = models.CharField(max_length=64, blank=True)
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
            models.Index(fields=["-created_at"], name="%(app_label)s_%(class)s_created"),
            models.Index(fields=["finished_at"], name="%(app_label)s_%(class)s_finished"),
            models.Index(
                fields=["request_id"],
                name="%(app_label)s_%(class)s_request",
                condition=Q(request_id__gt=""),
            ),
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

    @property
    def named_in_logs(self) -> dict:
        """What it is called in a log: for `extra`, or to be bound to all that is logged."""
        names = {"work": self._meta.model_name, "id": str(self.pk)}
        return names | {name: getattr(self, name) for name in self.LOGGED}


def submit(work: Work) -> None:
    """Save new work in the caller's transaction, and send its message once that has committed.

    A broker that is down costs the caller nothing: the sweep sends the row later.
    """
    work.sent_at = timezone.now()
    work.request_id = current_request_id()
    work.save(force_insert=True)
    transaction.on_commit(partial(publish, type(work), [work.pk]), robust=True)


def cancel(work: Work) -> None:
    """Raises WorkNotCancellable if the work has ended."""
    if not type(work).objects.cancel(work.pk):
        raise WorkNotCancellable("It has ended already; only queued or running work is cancelled.")


def send(model: type[Work], pks: list) -> int:
    """Mark queued rows as sent and publish their messages; how many the broker took."""
    model.objects.filter(pk__in=pks, state=State.QUEUED).update(sent_at=timezone.now())
    return publish(model, pks)


def publish(model: type[Work], pks: list) -> int:
    """Publish a message for each row that is marked as sent; how many the broker took.

    The mark comes first: an update after the message would compete with the worker's claim. It is
    taken back from what the broker did not take, and the sweep sends that later.
    """
    global _broker_is_away_until
    sent, reason = 0, "it did not answer a moment ago"
    # A broker that is frozen lets each message time out: only one now and then finds out.
    if time.monotonic() >= _broker_is_away_until:
        try:
            with producers[_publishing()].acquire(block=True, timeout=1) as producer:
                for pk in pks:
                    current_app.send_task(model.TASK, (str(pk),), retry=False, producer=producer)
                    sent += 1
        except (*BROKER_ERRORS, OSError) as exc:
            _broker_is_away_until = time.monotonic() + BROKER_PAUSE
            reason = str(exc)
    if unsent := pks[sent:]:
        logger.warning("The broker took no message, the sweep will send it: %s", reason)
        model.objects.filter(pk__in=unsent, state=State.QUEUED).update(sent_at=None)
    return sent


@cache
def _publishing() -> kombu.Connection:
    """Where messages go out; it soon gives up on a broker that is frozen."""
    return current_app.connection_for_write(transport_options=PUBLISHING)


def unfinished_of(owner) -> int:
    """How much of everything that a learner began has not ended: jobs and submissions."""
    first, *others = (
        model.objects.of(owner).unfinished().order_by().values_list("pk")
        for model in kinds_of_work()
        if not model.IS_PART
    )
    return first.union(*others, all=True).count()


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
    expired = model.objects.unfinished().filter(state=State.RUNNING, lease_until__lt=now).order_by()
    fields = ("lease_until", "started_at", "time_limit", "cancel_requested", *model.LOGGED)
    for work in expired.only(*fields):
        name, changes = _after_loss(work, now)
        # What was renewed, taken or cancelled since it was read waits for the next sweep.
        same = expired.filter(
            pk=work.pk, attempt=work.attempt, cancel_requested=work.cancel_requested
        )
        seconds = max(LEAST_LOST_SECONDS, _seconds_until_last_sign(work))
        if same.update(seconds=F("seconds") + seconds, lease_until=None, **changes):
            counts[name] += 1
            # Its own request, not the sweep's, which has none.
            logger.warning("Its worker was lost: %s.", name, extra=work.named_in_logs)
    model.objects.tidy()
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
    """Send what the broker did not take, and again what it lost."""
    queued = model.objects.unfinished().filter(state=State.QUEUED).order_by()
    unsent = queued.filter(sent_at=None).order_by("created_at")
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
