"""Waiting for the end of work: one thread looks for all requests of this process that wait.

A request that waits holds no transaction and, past its first moments, no database connection.
"""

import logging
import threading
import time
from collections import defaultdict

from django.db import Error, connection

from compute import work

logger = logging.getLogger(__name__)

# Most small jobs end within this; giving the connection back would cost them a new one.
HELD_SECONDS = 0.1
# How long the thread pauses between two looks: a hundredth of how long the newest has waited.
FIRST_PAUSE, LONGEST_PAUSE = 0.001, 0.1
PAUSE_PER_SECOND = 0.02
# While the database is away, and before the thread ends for want of anybody who waits.
TROUBLE_PAUSE, IDLE_SECONDS = 0.5, 5.0


def wait_for(item: work.Work, seconds: float) -> None:
    """Return when the work has ended, or after so many seconds."""
    if item.is_ended or seconds <= 0:
        return
    waiter = _Waiter(item)
    _watcher.add(waiter)
    try:
        if waiter.ended.wait(min(seconds, HELD_SECONDS)) or seconds <= HELD_SECONDS:
            return
        if not connection.in_atomic_block:
            connection.close()
        waiter.ended.wait(seconds - HELD_SECONDS)
    finally:
        _watcher.remove(waiter)


class _Waiter:
    def __init__(self, item: work.Work):
        self.model, self.pk = type(item), item.pk
        self.since = time.monotonic()
        self.ended = threading.Event()


class _Watcher:
    """Looks in the database for everybody at once, from a thread that ends when nobody waits."""

    def __init__(self):
        self.changed = threading.Condition()
        self.waiters: list[_Waiter] = []
        self.runs = False

    def add(self, waiter: _Waiter) -> None:
        with self.changed:
            self.waiters.append(waiter)
            if not self.runs:
                self.runs = True
                threading.Thread(target=self._run, name="watcher", daemon=True).start()
            self.changed.notify()

    def remove(self, waiter: _Waiter) -> None:
        with self.changed:
            if waiter in self.waiters:
                self.waiters.remove(waiter)

    def _run(self) -> None:
        try:
            while waiters := self._whoever_waits():
                time.sleep(self._look(waiters))
        except BaseException:
            # Whoever comes next begins another.
            with self.changed:
                self.runs = False
            raise
        finally:
            connection.close()

    def _whoever_waits(self) -> list[_Waiter]:
        """Those who wait, once there is one; empty after a while in which nobody came."""
        with self.changed:
            if not self.waiters:
                self.changed.wait(IDLE_SECONDS)
            self.runs = bool(self.waiters)
            return list(self.waiters)

    def _look(self, waiters: list[_Waiter]) -> float:
        """Wake those whose work has ended; the seconds until the next look."""
        pks = defaultdict(list)
        for waiter in waiters:
            pks[waiter.model].append(waiter.pk)
        try:
            ended = {pk for model in pks for pk in model.objects.ended_of(pks[model])}
        except Error:
            logger.warning("Requests wait while the database does not answer.")
            connection.close()
            return TROUBLE_PAUSE
        for waiter in waiters:
            if waiter.pk in ended:
                self.remove(waiter)
                waiter.ended.set()
        newest = time.monotonic() - max(waiter.since for waiter in waiters)
        return min(LONGEST_PAUSE, max(FIRST_PAUSE, newest * PAUSE_PER_SECOND))


_watcher = _Watcher()
