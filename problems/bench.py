"""The sandbox of a pool process of the judge worker: one zygote, started with the process.

Where no process can be locked in nothing is judged, and /readyz says why: the process reports it
under the name of its worker, for web processes on any machine to read.
"""

import contextlib
import logging
import os
import threading
import time

from celery import current_app
from celery.signals import worker_process_init
from django.db import Error, connection

from problems.judge.sandbox import Sandbox, Unavailable
from rest.health import report

logger = logging.getLogger(__name__)

QUEUE, PART = "judge", "worker_judge"
# How long after a refusal the sandbox is tried again.
PAUSE_SECONDS = 10


class Bench:
    """One sandbox, and what is known of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sandbox = Sandbox()
        # A sentence while it is refused, nothing while it works, None before it was tried.
        self._trouble: str | None = None
        self._reported: str | None = None
        self._next_try = 0.0

    def sandbox(self) -> Sandbox:
        """The sandbox, in which a process has been locked in. Raises Unavailable."""
        with self._lock:
            if self._trouble != "" and time.monotonic() >= self._next_try:
                self._try()
            if self._reported != self._trouble:
                self._report()
            if self._trouble:
                raise Unavailable(self._trouble)
            return self._sandbox

    def distrust(self, trouble: str) -> None:
        """A process could not be locked in after all: nothing runs until one can."""
        with self._lock:
            self._refuse(trouble)
            self._report()

    def close(self) -> None:
        """End the zygote. It is started again when somebody asks."""
        with self._lock:
            self._sandbox.close()
            self._trouble, self._next_try = None, 0.0

    def _try(self) -> None:
        try:
            self._sandbox.start()
        except Unavailable as exc:
            self._refuse(str(exc))
        else:
            self._trouble = ""

    def _refuse(self, trouble: str) -> None:
        logger.error("Nothing is judged here: %s", trouble)
        self._trouble, self._next_try = trouble, time.monotonic() + PAUSE_SECONDS

    def _report(self) -> None:
        # A database that is away is told the next time.
        with contextlib.suppress(Error):
            # The worker's own sign of life, of which this process is a child.
            report(PART, os.getppid(), self._trouble or "")
            self._reported = self._trouble


bench = Bench()


@worker_process_init.connect
def start(**_):
    """Start the zygote of a process that will judge; Celery gives this function four seconds."""
    if QUEUE in current_app.amqp.queues.consume_from:
        threading.Thread(target=_start, daemon=True).start()


def _start() -> None:
    try:
        with contextlib.suppress(Unavailable):
            bench.sandbox()
    finally:
        connection.close()
