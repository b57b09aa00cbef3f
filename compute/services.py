"""What the API, the admin and commands may do with jobs."""

import datetime
import threading
import time
from typing import Literal

import orjson
from django.core.cache import caches
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from compute import charts, work
from compute.models import Job
from compute.registry import Chart, Kind, get_kind
from rest.limits import LimitExceeded, limit, rate_limit_fields

WINDOW_SECONDS = 60
# A small job ends within a few of the first pauses; a long one is asked after less and less.
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.1

# A picture takes a large result and a JavaScript engine: one at a time in each process.
_drawing = threading.Lock()


def submit_job(
    *, kind: str, params: object, label: str | None = None, owner=None, client: str = ""
) -> tuple[Job, dict[str, str]]:
    """Check and queue a job; it and the RateLimit fields of the answer.

    An equal job that succeeded earlier, whoever it belongs to, is the answer and costs nothing: a
    kind is a pure function of its parameters. Raises UnknownKind, InvalidParams or LimitExceeded
    before anything is saved.
    """
    found: Kind = get_kind(kind)
    checked = found.parse(params)
    fingerprint = found.fingerprint(checked)
    equal = Job.objects.filter(fingerprint=fingerprint, state=work.State.SUCCEEDED).first()
    if equal is not None:
        return equal, {}
    job = Job(
        kind=found.name,
        version=found.version,
        label=label,
        params=params,
        fingerprint=fingerprint,
        time_limit=found.time_seconds,
        expected_seconds=found.expected_seconds(checked),
        size=len(orjson.dumps(params)),
        owner=owner,
        client="" if owner else client,
    )
    with transaction.atomic():
        fields = charge(owner, client)
        work.submit(job)
    return job, fields


def charge(owner, client: str) -> dict[str, str]:
    """The RateLimit fields. Raises LimitExceeded where no job or computing time is left.

    Inside of the transaction that adds a job: until it ends, nobody else counts this caller's.
    """
    if owner is not None and owner.is_staff:
        return {}
    _one_at_a_time(f"charge {owner.pk if owner else client}")
    jobs = Job.objects.charged_to(user=owner, client=client)
    unfinished = jobs.unfinished().aggregate(count=Count("pk"), seconds=Sum("expected_seconds"))
    waiting = limit("waiting" if owner else "waiting_anonymous")
    if waiting is not None and unfinished["count"] >= waiting:
        raise LimitExceeded(
            f"{unfinished['count']} of your jobs have not ended yet; wait for one, or cancel one.",
            wait=1,
            headers=rate_limit_fields("waiting", waiting, 1, 0),
        )
    allowed = limit("compute_user" if owner else "compute_anonymous")
    if allowed is None:
        return {}
    since = timezone.now() - datetime.timedelta(seconds=WINDOW_SECONDS)
    left = allowed - jobs.seconds_since(since) - (unfinished["seconds"] or 0)
    fields = rate_limit_fields("compute", allowed, WINDOW_SECONDS, left)
    if left <= 0:
        raise LimitExceeded(
            f"{allowed:g} seconds of computing a minute are used up; wait and try again.",
            wait=WINDOW_SECONDS / 4,
            headers=fields,
        )
    return fields


def _one_at_a_time(name: str) -> None:
    """Hold a lock of this name until the transaction ends; on SQLite, every transaction does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


def cancel_job(job: Job) -> Job:
    """The job as it is now. Raises WorkNotCancellable if it has ended."""
    work.cancel(job)
    return Job.objects.get(pk=job.pk)


def picture(job: Job, chart: Chart, form: Literal["json", "svg", "png"], key: str) -> bytes:
    """A chart of the result, drawn once and kept in the cache under the key."""
    cache = caches["reads"]
    if found := cache.get(key):
        return found[0]
    with _drawing:
        # Whoever waited for the same picture finds it drawn.
        if found := cache.get(key):
            return found[0]
        spec = chart.spec(job.params, job.result_data)
        drawn = orjson.dumps(spec) if form == "json" else charts.draw(spec, form)
        cache.set(key, (drawn, {}))
    return drawn


def wait_for(item: work.Work, seconds: float) -> None:
    """Return when the work has ended, or after so many seconds.

    Holds no transaction, and no database connection while it sleeps for long.
    """
    model, deadline, pause = type(item), time.monotonic() + seconds, FIRST_PAUSE
    while not item.is_ended and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        if model.objects.filter(pk=item.pk, state__in=work.ENDED).exists():
            return
        if pause >= LONGEST_PAUSE and not connection.in_atomic_block:
            connection.close()
        pause = min(LONGEST_PAUSE, pause * 1.2)
