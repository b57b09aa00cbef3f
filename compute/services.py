"""What the API, the admin and commands may do with jobs."""

import datetime
import threading
from typing import Literal

import orjson
from django.core.cache import caches
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from pydantic import BaseModel

from compute import charts, work
from compute.errors import JobNotEnded
from compute.models import Item, Job, JobQuerySet
from compute.registry import Chart, Kind, get_kind
from rest.limits import LimitExceeded, limit, one_at_a_time, rate_limit_fields

WINDOW_SECONDS = 60

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
    if not names_private_data(params):
        equal = Job.objects.filter(fingerprint=fingerprint, state=work.State.SUCCEEDED).first()
        if equal is not None:
            return equal, {}
    job = _new_job(found, params, checked, label=label, owner=owner, client=client)
    with transaction.atomic():
        fields = charge(owner, client)
        work.submit(job)
    return job, fields


def names_private_data(params: object) -> bool:
    """Whether parameters name a dataset that somebody uploaded (`JobQuerySet.of_private_data`)."""
    dataset = params.get("dataset") if isinstance(params, dict) else None
    return isinstance(dataset, dict) and "id" in dataset


def run_again(job: Job) -> Job:
    """A new job like one that has ended, for the same owner, whom no limit holds up.

    It is computed even where an equal one succeeded, by the kind as it is now. Raises JobNotEnded,
    or UnknownKind or InvalidParams where this release would not take the job.
    """
    if not job.is_ended:
        raise JobNotEnded("It has not ended yet; only what has ended is run again.")
    found = get_kind(job.kind)
    checked = found.parse(job.params)
    again = _new_job(
        found, job.params, checked, label=job.label, owner=job.owner, client=job.client
    )
    with transaction.atomic():
        work.submit(again)
    return again


def _new_job(
    kind: Kind, params: object, checked: BaseModel, *, label: str | None, owner, client: str
) -> Job:
    """A job that is not saved yet, with its parameters as they came and as they were read."""
    return Job(
        kind=kind.name,
        version=kind.version,
        label=label,
        params=params,
        fingerprint=kind.fingerprint(checked),
        time_limit=kind.time_seconds,
        expected_seconds=kind.expected_seconds(checked),
        size=len(orjson.dumps(params)),
        owner=owner,
        client="" if owner else client,
    )


def charge(owner, client: str) -> dict[str, str]:
    """The RateLimit fields. Raises LimitExceeded where no job or computing time is left.

    Inside of the transaction that adds a job: until it ends, nobody else counts this caller's.
    """
    if owner is not None and owner.is_staff:
        return {}
    one_at_a_time(f"charge {owner.pk if owner else client}")
    jobs = Job.objects.charged_to(user=owner, client=client)
    unfinished = jobs.unfinished().aggregate(count=Count("pk"), seconds=Sum("expected_seconds"))
    if owner:
        check_waiting(owner)
    else:
        _check_waiting("waiting_anonymous", unfinished["count"])
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


def check_waiting(owner) -> None:
    """Raises LimitExceeded where a learner has begun too much that has not ended.

    Inside of the transaction that begins more, with the lock that `charge` holds.
    """
    _check_waiting("waiting", work.unfinished_of(owner))


def _check_waiting(name: str, count: int) -> None:
    allowed = limit(name)
    if allowed is not None and count >= allowed:
        raise LimitExceeded(
            f"{count} of your jobs and submissions have not ended yet; wait for one, or cancel"
            " one.",
            wait=1,
            headers=rate_limit_fields("waiting", allowed, 1, 0),
        )


def cancel_job(job: Job) -> Job:
    """The job as it is now, its items cancelled too. Raises WorkNotCancellable if it has ended."""
    with transaction.atomic():
        work.cancel(job)
        Item.objects.filter(job=job).cancel_all()
    return Job.objects.get(pk=job.pk)


def cancel_jobs(jobs: JobQuerySet) -> list[Job]:
    """Cancel all of them that have not ended; those that it concerned."""
    with transaction.atomic():
        concerned = list(jobs.unfinished().light())
        pks = [job.pk for job in concerned]
        Job.objects.filter(pk__in=pks).cancel_all()
        Item.objects.filter(job__in=pks).cancel_all()
    return concerned


def let_go_of_jobs(owner) -> None:
    """What becomes of jobs when their owner's account is deleted, in that transaction.

    Those that succeeded are answers that anybody may get, and stay without owner, label and client.
    What has not succeeded, and what was computed from the owner's own data, goes; a worker that
    holds such a job finds its token void, and stops.
    """
    jobs = Job.objects.of(owner)
    jobs.filter(~Q(state=work.State.SUCCEEDED) | jobs.of_private_data).only("pk").delete()
    jobs.update(owner=None, label=None, client="", request_id="")


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
