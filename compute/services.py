"""What the API, the admin and commands may do with jobs."""

import datetime
import time

from django.db import connection, transaction
from django.utils import timezone

from compute import work
from compute.models import Job
from compute.registry import Kind, get_kind
from rest.limits import LimitExceeded, limit, rate_limit_fields

WINDOW_SECONDS = 60
# A small job ends within a few of the first pauses; a long one is asked after less and less.
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.1


def submit_job(
    *, kind: str, params: object, label: str | None = None, owner=None, client: str = ""
) -> tuple[Job, dict[str, str]]:
    """Check and queue a job; it and the RateLimit fields of the answer.

    Raises UnknownKind, InvalidParams or LimitExceeded before anything is saved.
    """
    found: Kind = get_kind(kind)
    checked = found.parse(params)
    fields = charge(owner, client)
    job = Job(
        kind=found.name,
        version=found.version,
        label=label,
        params=params,
        fingerprint=found.fingerprint(checked),
        time_limit=found.time_seconds,
        owner=owner,
        client="" if owner else client,
    )
    with transaction.atomic():
        work.submit(job)
    return job, fields


def charge(owner, client: str) -> dict[str, str]:
    """The RateLimit fields. Raises LimitExceeded where no computing time is left."""
    if owner is not None and owner.is_staff:
        return {}
    jobs = Job.objects.charged_to(user=owner, client=client)
    unfinished, waiting = jobs.unfinished().count(), limit("waiting")
    if owner is not None and waiting is not None and unfinished >= waiting:
        raise LimitExceeded(
            f"{waiting:g} of your jobs have not ended yet; wait for one, or cancel one.",
            wait=1,
            headers=rate_limit_fields("waiting", waiting, 1, 0),
        )
    name = "compute_user" if owner else "compute_anonymous"
    allowed = limit(name)
    if allowed is None:
        return {}
    since = timezone.now() - datetime.timedelta(seconds=WINDOW_SECONDS)
    # What has not ended yet counts a second each.
    left = allowed - jobs.seconds_since(since) - unfinished
    fields = rate_limit_fields("compute", allowed, WINDOW_SECONDS, left)
    if left <= 0:
        raise LimitExceeded(
            f"{allowed:g} seconds of computing a minute are used up; wait and try again.",
            wait=WINDOW_SECONDS / 4,
            headers=fields,
        )
    return fields


def cancel_job(job: Job) -> Job:
    """Raises WorkNotCancellable if the job has ended."""
    work.cancel(job)
    job.refresh_from_db()
    return job


def wait_for(item: work.Work, seconds: float) -> work.Work:
    """The work when it has ended, or as it stands after so many seconds.

    Holds no transaction, and no database connection while it sleeps for long.
    """
    model, deadline, pause = type(item), time.monotonic() + seconds, FIRST_PAUSE
    while not item.is_ended and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        ended = model.objects.filter(pk=item.pk, state__in=work.ENDED).exists()
        if ended:
            break
        if pause >= LONGEST_PAUSE and not connection.in_atomic_block:
            connection.close()
        pause = min(LONGEST_PAUSE, pause * 1.2)
    return model.objects.get(pk=item.pk)
