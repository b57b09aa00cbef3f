"""Each fault once: a block in which it lasts, after which everything runs that ran before.

The tests of this folder and `tests/soak.py` use the same ones.
"""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.faults.lanes import jobs_where
from tests.worker import Casebook


@contextmanager
def worker_killed(casebook: Casebook) -> Iterator[None]:
    casebook.worker.kill()
    try:
        yield
    finally:
        casebook.worker.start()


@contextmanager
def worker_asked_to_stop(casebook: Casebook) -> Iterator[None]:
    """SIGTERM, and a new worker beside the old one, which finishes what it has begun."""
    old = casebook.worker
    old.process.send_signal(signal.SIGTERM)
    casebook.worker = casebook.start_worker()
    try:
        yield
        old.process.wait(timeout=30)
    finally:
        old.kill()


@contextmanager
def worker_frozen(casebook: Casebook) -> Iterator[None]:
    """A new worker beside it; the old one goes on after the block, and then ends."""
    old = casebook.worker
    old.signal_group(signal.SIGSTOP)
    casebook.worker = casebook.start_worker()
    try:
        yield
        old.signal_group(signal.SIGCONT)
        time.sleep(2)
    finally:
        old.kill()


@contextmanager
def broker_killed(casebook: Casebook) -> Iterator[None]:
    casebook.broker.kill()
    try:
        yield
    finally:
        casebook.broker.start()


@contextmanager
def broker_frozen(casebook: Casebook) -> Iterator[None]:
    casebook.broker.signal_group(signal.SIGSTOP)
    try:
        yield
    finally:
        casebook.broker.signal_group(signal.SIGCONT)


@contextmanager
def broker_forgets(casebook: Casebook) -> Iterator[None]:
    casebook.redis.flushall()
    yield


@contextmanager
def messages_doubled(casebook: Casebook) -> Iterator[None]:
    """Each message of unfinished work is delivered three times more."""
    for pk in jobs_where(casebook.database):
        casebook.send_again(pk, 3)
    yield


@contextmanager
def sweep_killed(casebook: Casebook) -> Iterator[None]:
    casebook.sweep.kill()
    try:
        yield
    finally:
        casebook.sweep.start()


@contextmanager
def two_sweeps(casebook: Casebook) -> Iterator[None]:
    other = casebook.start_sweep()
    try:
        yield
    finally:
        other.kill()


@contextmanager
def web_killed(casebook: Casebook) -> Iterator[None]:
    casebook.web.kill()
    try:
        yield
    finally:
        casebook.web.start()


@contextmanager
def power_cut(casebook: Casebook) -> Iterator[None]:
    """Every process is gone at once, and all are started again on the same data."""
    for program in casebook.programs:
        program.signal_group(signal.SIGKILL)
    casebook.database.stop_at_once()
    for program in casebook.programs:
        program.kill()
    try:
        yield
    finally:
        casebook.database.start()
        casebook.start_what_ended()


@contextmanager
def database_locked(casebook: Casebook) -> Iterator[None]:
    """By another process: nobody writes meanwhile."""
    with contextlib.closing(casebook.database.connect()) as connection:
        for statement in casebook.database.lock:
            connection.execute(statement)
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def database_stopped(casebook: Casebook) -> Iterator[None]:
    """On PostgreSQL alone: the server ends every session and what was not committed."""
    casebook.database.stop_at_once()
    try:
        yield
    finally:
        casebook.database.start()


EVERYWHERE: list[Callable[[Casebook], AbstractContextManager[None]]] = [
    worker_killed,
    worker_asked_to_stop,
    worker_frozen,
    broker_killed,
    broker_frozen,
    broker_forgets,
    messages_doubled,
    sweep_killed,
    two_sweeps,
    web_killed,
    power_cut,
    database_locked,
]
FAULTS = {"sqlite": EVERYWHERE, "postgresql": [*EVERYWHERE, database_stopped]}
