"""The figures of /metrics, read from the database when they are asked for.

Web, workers and sweep are different processes, of which there may be many; none of them keeps
anything in memory, and any web process gives the same answer.
"""

from collections.abc import Iterator

import redis.exceptions
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone
from kombu.exceptions import KombuError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric

from compute import counting
from compute.models import Counter
from compute.work import State, kinds_of_work
from rest.health import ALIVE
from rest.models import Heartbeat
from rest.version import content_version

LAG = " Counted by the sweep, half a minute after its end."
HISTOGRAMS = {
    counting.COMPUTING: (
        "casebook_work_seconds",
        "Seconds of computing of work that has ended, over all its attempts, as charged." + LAG,
    ),
    counting.WAITING: (
        "casebook_work_waiting_seconds",
        "Seconds from submission to the start of the last attempt." + LAG,
    ),
}
QUEUES = sorted(
    {settings.CELERY_TASK_DEFAULT_QUEUE}
    | {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
)


def text() -> bytes:
    """All figures in the text format of Prometheus (0.0.4)."""
    return generate_latest(_registry)


class Casebook:
    """A collector: every `collect` reads anew."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "casebook_release", "The release that runs.", {"version": settings.RELEASE}
        )
        yield GaugeMetricFamily(
            "casebook_content_version", "Raised by every publish.", content_version()
        )
        yield GaugeMetricFamily(
            "casebook_database_bytes", "Size of the database.", _database_bytes()
        )
        yield from _unfinished()
        yield from _counted()
        yield from _processes()
        yield from _broker()


def _unfinished() -> Iterator[Metric]:
    unfinished = GaugeMetricFamily(
        "casebook_work_unfinished",
        "Work that is queued or running now.",
        labels=["work", "kind", "state"],
    )
    oldest = GaugeMetricFamily(
        "casebook_queue_age_seconds",
        "Since when the oldest queued work has been waiting; 0 where none is.",
        labels=["work"],
    )
    now = timezone.now()
    for model in kinds_of_work():
        name, ages = model._meta.model_name, [0.0]
        kind = ["kind"] if any(field.name == "kind" for field in model._meta.fields) else []
        # The same as `unfinished()`, by an index that SQLite uses too.
        rows = model.objects.filter(finished_at=None).order_by().values_list("state", *kind)
        for state, *kinds, count, first in rows.annotate(Count("pk"), Min("created_at")):
            unfinished.add_metric([name, *(kinds or [""]), state], count)
            if state == State.QUEUED:
                ages.append((now - first).total_seconds())
        oldest.add_metric([name], max(ages))
    yield unfinished
    yield oldest


def _counted() -> Iterator[Metric]:
    """The rows of Counter, each figure in its form."""
    finished = CounterMetricFamily(
        "casebook_work_finished", "Work that has ended." + LAG, labels=["work", "kind", "state"]
    )
    attempts = CounterMetricFamily(
        "casebook_work_attempts",
        "Attempts of work that has ended; more than one where workers were lost." + LAG,
        labels=["work", "kind"],
    )
    sweeps = CounterMetricFamily(
        "casebook_sweeps", "Sweeps over all work of this model.", labels=["work"]
    )
    put_right = CounterMetricFamily(
        "casebook_sweeps_put_right",
        "Work that sweeps put right: requeued, lost (failed after its last attempt), timed_out or"
        " cancelled when its worker was lost; sent where the broker had no message.",
        labels=["work", "what"],
    )
    lost = CounterMetricFamily(
        "casebook_work_lost", "Attempts whose worker was lost.", labels=["work"]
    )
    losses: dict[str, float] = {}
    durations: dict[tuple[str, str, str], dict[str, float]] = {}
    rows = Counter.objects.order_by("work", "kind", "name", "label")
    for work, kind, name, label, value in rows.values_list(
        "work", "kind", "name", "label", "value"
    ):
        if name == counting.FINISHED:
            finished.add_metric([work, kind, label], value)
        elif name == counting.ATTEMPTS:
            attempts.add_metric([work, kind], value)
        elif name == counting.SWEEPS:
            sweeps.add_metric([work], value)
        elif name == counting.PUT_RIGHT:
            put_right.add_metric([work, label], value)
            if label != "sent":
                losses[work] = losses.get(work, 0) + value
        elif name in HISTOGRAMS:
            durations.setdefault((name, work, kind), {})[label] = value
    for work, value in losses.items():
        lost.add_metric([work], value)
    yield from (finished, attempts, sweeps, put_right, lost)
    yield from _histograms(durations)


def _histograms(durations: dict[tuple[str, str, str], dict[str, float]]) -> Iterator[Metric]:
    bounds = [*(f"{bound:g}" for bound in counting.BOUNDS), counting.INFINITE]
    for name, (metric, help_text) in HISTOGRAMS.items():
        family = HistogramMetricFamily(metric, help_text, labels=["work", "kind"])
        for (of, work, kind), counts in durations.items():
            if of == name:
                # Rows are of one bucket each; those of Prometheus hold the smaller ones too.
                total, buckets = 0.0, []
                for bound in bounds:
                    total += counts.get(bound, 0)
                    buckets.append((bound, total))
                family.add_metric([work, kind], buckets, counts.get(counting.SUM, 0))
        yield family


def _processes() -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "casebook_heartbeat_age_seconds",
        "Since the last sign of life of any process that does this part.",
        labels=["process"],
    )
    alive = GaugeMetricFamily(
        "casebook_processes",
        f"Processes with a sign of life in the last {ALIVE.total_seconds():.0f} s.",
        labels=["process"],
    )
    now = timezone.now()
    ages: dict[str, list[float]] = {}
    for name, at in Heartbeat.objects.values_list("name", "at"):
        ages.setdefault(name.partition("@")[0], []).append((now - at).total_seconds())
    for part in sorted(ages):
        age.add_metric([part], max(0.0, min(ages[part])))
        alive.add_metric([part], sum(age < ALIVE.total_seconds() for age in ages[part]))
    yield age
    yield alive


def _broker() -> Iterator[Metric]:
    up = GaugeMetricFamily("casebook_broker_up", "Whether the broker answers: 1 or 0.")
    lengths = GaugeMetricFamily(
        "casebook_broker_queue_messages",
        "Messages that wait in a queue of the broker; absent while it is away.",
        labels=["queue"],
    )
    try:
        with current_app.pool.acquire(block=True, timeout=2) as broker:
            client = broker.default_channel.client
            counts = {queue: client.llen(queue) for queue in QUEUES}
    except (KombuError, redis.exceptions.RedisError, OSError):
        up.add_metric([], 0)
    else:
        up.add_metric([], 1)
        for queue, count in counts.items():
            lengths.add_metric([queue], count)
    yield up
    yield lengths


def _database_bytes() -> int:
    sql = "SELECT pg_database_size(current_database())"
    if connection.vendor == "sqlite":
        sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


# Not the library's own, which would add this process's memory and files.
_registry = CollectorRegistry(auto_describe=False)
_registry.register(Casebook())
