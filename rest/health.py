"""/healthz: this process answers. /readyz: everything that the site needs is there."""

import contextlib
import datetime
import logging
import os
import socket

import redis.exceptions
from celery import current_app
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from kombu.exceptions import KombuError

from rest.models import Heartbeat

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5
ALIVE = datetime.timedelta(seconds=20)
FORGOTTEN = datetime.timedelta(days=1)
PROCESSES = ("worker_compute", "worker_judge", "sweep")


def heartbeat(part: str) -> None:
    """Record that this process, which does the given part of the work, is alive."""
    now = timezone.now()
    if not Heartbeat.objects.filter(name=_row_of(part)).update(at=now):
        Heartbeat.objects.create(name=_row_of(part), at=now)
        # Of processes that were killed, a row is left behind.
        Heartbeat.objects.filter(at__lt=now - FORGOTTEN).delete()


def silence(parts: list[str]) -> None:
    """Forget this process, which ends on purpose, so that a restart is not taken for it."""
    with contextlib.suppress(Error):
        Heartbeat.objects.filter(name__in=[_row_of(part) for part in parts]).delete()


def report(part: str, process: int, trouble: str) -> None:
    """Record what keeps a process of this machine from its work; an empty text for nothing."""
    row = Heartbeat(name=_row_of(part, process), at=timezone.now())
    Heartbeat.objects.bulk_create([row], ignore_conflicts=True)
    Heartbeat.objects.filter(name=row.name).update(trouble=trouble)


def judge_trouble() -> str:
    """Why no submission is judged now, as a sentence; nothing where a judge works."""
    alive = Heartbeat.objects.filter(
        name__startswith="worker_judge@", at__gt=timezone.now() - ALIVE
    )
    said = list(alive.order_by("-at").values_list("trouble", flat=True))
    if not said:
        return "No judge worker is running."
    if "" in said:
        return ""
    return next(filter(None, said), "The judge is starting.")


def _row_of(part: str, process: int | None = None) -> str:
    return f"{part}@{socket.gethostname()}:{process or os.getpid()}"


def healthz(_request):
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request):
    checks = {"database": _database()}
    if checks["database"]["ok"]:
        checks |= {"migrations": _migrations()} | _processes() | {"judge": _judge()}
    else:
        unknown = _check(False, "The database does not answer.")
        checks |= dict.fromkeys(("migrations", *PROCESSES, "judge"), unknown)
    checks["broker"] = _broker()
    # The one check that may fail: everything but submissions works without a judge.
    ready = all(check["ok"] for name, check in checks.items() if name != "judge")
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    response = JsonResponse(body, status=200 if ready else 503)
    response["Cache-Control"] = "no-store"
    # A site that says that it is not ready is no fault of the server to be logged.
    response._has_been_logged = True
    return response


def _check(ok: bool, detail: str) -> dict:
    return {"ok": ok, "detail": detail}


def _database() -> dict:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.warning("The database does not answer.", exc_info=True)
        return _check(False, "The database does not answer.")
    return _check(True, connection.vendor)


def _migrations() -> dict:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        return _check(False, f"{len(pending)} migrations are pending: run manage.py migrate.")
    return _check(True, "All applied.")


def _processes() -> dict:
    # In this order the newest of several that do the same is the last to be set.
    rows = Heartbeat.objects.order_by("at").values_list("name", "at")
    beats = {name.partition("@")[0]: at for name, at in rows}
    now = timezone.now()
    checks = {}
    for name in PROCESSES:
        if name not in beats:
            checks[name] = _check(False, "It has not started yet.")
            continue
        age = now - beats[name]
        text = f"Last sign of life {age.total_seconds():.0f} s ago."
        checks[name] = _check(age < ALIVE, text)
    return checks


def _judge() -> dict:
    trouble = judge_trouble()
    if trouble:
        return _check(False, f"{trouble} Submissions wait until it can judge.")
    return _check(True, "It runs learners' code in its sandbox.")


def _broker() -> dict:
    try:
        with current_app.pool.acquire(block=True, timeout=2) as broker:
            broker.default_channel.client.ping()
    except (KombuError, redis.exceptions.RedisError, OSError):
        return _check(False, "The broker does not answer; jobs wait until it does.")
    return _check(True, "It answers.")
