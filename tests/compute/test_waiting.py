"""Requests that wait: woken soon, in any number, with nothing held."""

import threading
import time

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from compute import waiting
from compute.models import Job
from compute.waiting import wait_for
from compute.work import State
from tests.processes import eventually

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
pytestmark = pytest.mark.django_db(transaction=True)


def make() -> Job:
    return Job.objects.create(kind="diagnostic-test", version=1, params=PARAMS, time_limit=5)


def end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=State.CANCELLED, finished_at=timezone.now())


class Waiting(threading.Thread):
    """Waits for a job, and tells how long, and whether it gave its connection back.

    SQLite's database of the tests is in memory, where closing does nothing: it is recorded.
    """

    def __init__(self, job: Job, seconds: float):
        super().__init__()
        self.job, self.wanted = job, seconds
        self.seconds: float | None = None
        self.holds_a_connection = True
        self.start()

    def run(self):
        own = connections["default"]
        close = own.close

        def recorded():
            close()
            self.holds_a_connection = False

        own.close = recorded
        try:
            Job.objects.filter(pk=self.job.pk).exists()
            started = time.monotonic()
            wait_for(self.job, self.wanted)
            self.seconds = time.monotonic() - started
        finally:
            own.close()


def test_a_request_is_woken_when_its_job_ends():
    job = make()
    waiter = Waiting(job, 20)
    time.sleep(0.3)
    assert waiter.is_alive()
    end(job)
    waiter.join(5)
    assert waiter.seconds < 5


def test_it_returns_after_its_seconds_when_the_job_does_not_end():
    waiter = Waiting(make(), 0.3)
    waiter.join(5)
    assert 0.3 <= waiter.seconds < 3


def test_forty_that_wait_hold_no_connection_and_are_all_woken():
    job, other = make(), make()
    waiters = [Waiting(job, 20) for _ in range(39)] + [Waiting(other, 20)]
    eventually(
        lambda: not any(waiter.holds_a_connection for waiter in waiters),
        5,
        "every request that waits has given its connection back",
    )
    assert all(waiter.is_alive() for waiter in waiters)
    end(job)
    for waiter in waiters[:-1]:
        waiter.join(5)
        assert waiter.seconds < 10
    assert waiters[-1].is_alive(), "its own job has not ended"
    end(other)
    waiters[-1].join(5)
    assert not waiters[-1].is_alive()


def test_one_thread_looks_for_all_and_ends_when_nobody_waits(monkeypatch):
    monkeypatch.setattr(waiting, "IDLE_SECONDS", 0.1)
    waiters = [Waiting(make(), 0.5) for _ in range(5)]
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("watcher") == 1
    for waiter in waiters:
        waiter.join(5)
    eventually(
        lambda: "watcher" not in {thread.name for thread in threading.enumerate()},
        10,
        "the thread has ended",
    )
    # And another begins for whoever comes next.
    job = make()
    waiter = Waiting(job, 20)
    end(job)
    waiter.join(5)
    assert not waiter.is_alive()


def test_a_database_that_is_away_for_a_while_costs_time_and_no_answer(monkeypatch):
    looks = []
    look = type(Job.objects.all()).ended_of

    def ended_of(queryset, pks):
        looks.append(pks)
        if len(looks) == 1:
            raise OperationalError("the server closed the connection")
        return look(queryset, pks)

    monkeypatch.setattr(type(Job.objects.all()), "ended_of", ended_of)
    job = make()
    waiter = Waiting(job, 20)
    end(job)
    waiter.join(5)
    assert not waiter.is_alive()
    assert len(looks) >= 2
