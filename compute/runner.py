"""What a worker does with one piece of work: claim, compute with a heartbeat, finish."""

import contextvars
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import orjson
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from structlog.contextvars import bound_contextvars

import compute.kinds  # noqa: F401  (registers the kinds)
from compute.errors import KindFailed
from compute.memory import memory_limit
from compute.models import Item, Job
from compute.registry import Progress, get_kind, keeping_seconds
from compute.work import TIME_LIMIT, State, Work

logger = logging.getLogger(__name__)

BEAT_SECONDS = 7
WATCH_SECONDS = 0.25
# How long interrupted work may go on before its process is ended.
GRACE_SECONDS = 0.5
# How long a worker goes on trying to reach a database that is away; the lease decides meanwhile.
DATABASE_TRIES = 60
DATABASE_PAUSE = 0.5
# Every kind refuses parameters whose answer would be so large; this is for those that mistake.
MOST_RESULT_BYTES = 30_000_000


class Outcome(NamedTuple):
    state: State
    fields: dict


class Interrupted(BaseException):
    """Raised in the main thread when the work must stop. No kind can catch it by mistake."""


def run_job(job_id: str) -> None:
    run(Job, job_id, _compute)


def run_item(item_id: str) -> None:
    """Do one part of a job; whoever ends the last of them joins them."""
    item = run(Item, item_id, _compute_item)
    if item is None:
        return
    ended = _persist(lambda: Item.objects.filter(pk=item.pk).first())
    if ended is None:
        # Its job was deleted meanwhile, with all of its parts.
        return
    _persist(lambda: Job.objects.count_item(ended))
    job = _persist(lambda: Job.objects.take_over(item.job_id))
    if job is not None:
        _do(job, _compute)


def run(model: type[Work], pk: str, compute: Callable) -> Work | None:
    """Do the work once and record how it ended; None, and nothing done, if it is not queued."""
    work = _persist(lambda: model.objects.claim(pk))
    if work is None:
        logger.info("%s %s is not queued; skipped.", model.__name__, pk)
        return None
    _do(work, compute)
    return work


def _do(work: Work, compute: Callable) -> None:
    """Do work that is held, and record how it ended."""
    started = time.monotonic()
    with bound_contextvars(**work.named_in_logs):
        _hold(work, started, compute)


def _hold(work: Work, started: float, compute: Callable) -> None:
    watch = Watch(work, started)
    try:
        watch.start()
        outcome = _outcome(compute, work, watch.progress)
        watch.interruptible = False
    except Interrupted:
        outcome = watch.interrupted_as
    finally:
        watch.end()
    if outcome is None:
        logger.info("It was taken from this worker; its result is dropped.")
    elif not _persist(lambda: watch.finish(outcome)):
        logger.info("It ended under another token; its result is dropped.")
    else:
        names = {"state": str(outcome.state), "seconds": round(time.monotonic() - started, 4)}
        code = outcome.fields.get("error_code", "")
        logger.info("Worked on it.", extra=names | {"error_code": code} if code else names)


def _outcome(compute: Callable, work: Work, progress: Progress) -> Outcome | None:
    """How it ended; None where it failed and is no longer this worker's."""
    try:
        return compute(work, progress)
    except KindFailed as exc:
        return _failed("failed", str(exc))
    except MemoryError:
        # Celery would end the whole worker; one job's appetite is not worth that.
        return _failed("memory-limit", "It needed more memory than there is.")
    except Exception:
        held = type(work).objects.held(work.pk, work.attempt)
        if not _persist(held.exists):
            # What it needed may have gone with it, as when its owner deleted the account.
            return None
        # A kind can fail in any way. The owner learns that it did, the log learns how;
        # the computation is deterministic, so that trying again would fail again.
        logger.exception("%s %s failed.", type(work).__name__, work.pk)
        return _failed("internal", "The computation failed; this is a fault of the server.")


def _failed(code: str, detail: str) -> Outcome:
    return Outcome(State.FAILED, {"error_code": code, "error_detail": detail})


def _compute(job: Job, progress: Progress) -> Outcome:
    kind = get_kind(job.kind)
    params = kind.parse(job.params)
    with memory_limit(kind.memory_mb):
        if kind.parts is None:
            result = _as_json(kind.run(params, progress))
        else:
            results = list(job.items.order_by("number").values_list("result", flat=True))
            if not results and (items := kind.parts.split(params)):
                return Outcome(State.RUNNING, {"items": items})
            result = _as_json(kind.parts.join(params, [orjson.loads(text) for text in results]))
    size = F("size") + len(result)
    return Outcome(State.SUCCEEDED, {"result": result, "size": size, "progress_fraction": 1})


def _compute_item(item: Item, progress: Progress) -> Outcome:
    kind = get_kind(item.job.kind)
    params = kind.parse(item.job.params)
    with memory_limit(kind.memory_mb):
        result = _as_json(kind.parts.do(params, item.data, progress))
    return Outcome(State.SUCCEEDED, {"result": result, "progress_fraction": 1})


def _as_json(result: object) -> str:
    """Raises KindFailed for what is too large to be kept."""
    text = orjson.dumps(result)
    if len(text) > MOST_RESULT_BYTES:
        raise KindFailed(
            f"Its result has {len(text):,} bytes; at most {MOST_RESULT_BYTES:,} are kept."
        )
    return text.decode()


class Watch:
    """A thread beside the work: renews its lease, and interrupts it when it must stop.

    It must stop when somebody cancels, when its time is over, or when the lease was lost.
    """

    def __init__(self, work: Work, started: float):
        self.work, self.token, self.started = work, work.attempt, started
        self.fraction, self.message = 0.0, ""
        self.ended = threading.Event()
        self.interrupted_as: Outcome | None = None
        # Read and written in the main thread only: the handler runs there too.
        self.interruptible = True

    def progress(self, fraction: float, message: str) -> None:
        self.fraction, self.message = min(1.0, max(0.0, fraction)), message[:200]

    def start(self) -> None:
        self.previous = signal.signal(signal.SIGUSR2, self._interrupt)
        self.main = threading.get_ident()
        # In a copy of this context, so that its lines in the log carry the same names.
        watch = contextvars.copy_context().run
        self.thread = threading.Thread(target=watch, args=[self._watch], daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.interruptible = False
        self.ended.set()
        # The handler stays until no signal can come: by default SIGUSR2 ends the process.
        self.thread.join()
        signal.signal(signal.SIGUSR2, self.previous)

    def finish(self, outcome: Outcome) -> bool:
        """Record how it ended, leave it to its items, or put it back.

        False once the token is void.
        """
        if outcome.state == State.RUNNING:
            return self._objects.hand_over(self.work, self.token, **outcome.fields)
        if outcome.state == State.QUEUED:
            return self._objects.put_back(self.work.pk, self.token, **outcome.fields)
        seconds = time.monotonic() - self.started
        seconds += keeping_seconds(len(outcome.fields.get("result", "")))
        # Attempts before this one, whose workers were lost, have been counted by the sweep.
        return self._objects.finish(
            self.work.pk,
            self.token,
            outcome.state,
            seconds=F("seconds") + seconds,
            **outcome.fields,
        )

    def _interrupt(self, _signal, _frame):
        if self.interruptible:
            self.interruptible = False
            raise Interrupted

    def _watch(self) -> None:
        begun = last_beat = time.monotonic()
        seen = (self.fraction, self.message)
        try:
            while not self.ended.wait(WATCH_SECONDS):
                now = time.monotonic()
                try:
                    if now - begun > self.work.time_limit:
                        detail = f"It took longer than its limit of {self.work.time_limit:g} s."
                        return self._stop(_failed(TIME_LIMIT, detail))
                    wanted = self._objects.cancel_wanted(self.work.pk, self.token)
                    if wanted is None:
                        return self._stop(None)
                    if wanted:
                        return self._stop(Outcome(State.CANCELLED, {}))
                    if now - last_beat > BEAT_SECONDS or (self.fraction, self.message) != seen:
                        seen = (self.fraction, self.message)
                        self._objects.beat(self.work.pk, self.token, *seen)
                        last_beat = now
                except (OperationalError, InterfaceError):
                    connection.close()
        finally:
            connection.close()

    @property
    def _objects(self):
        return type(self.work).objects

    def _stop(self, outcome: Outcome | None) -> None:
        """Interrupt the main thread; end the process if it does not let go."""
        self.interrupted_as = outcome
        signal.pthread_kill(self.main, signal.SIGUSR2)
        if self.ended.wait(GRACE_SECONDS):
            return
        logger.warning("%s does not stop; its process is ended.", self.work.pk)
        if outcome is not None:
            self.finish(outcome)
        os._exit(1)


def _persist(change: Callable):
    """Try again while the database is away, such as while it is started anew."""
    for _ in range(DATABASE_TRIES - 1):
        try:
            return change()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(DATABASE_PAUSE)
    return change()
