"""Durable work as a state machine: whatever happens in whatever order, the invariants hold."""

import datetime
import uuid

import pytest
from celery import current_app
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from compute import work
from compute.models import Job
from compute.work import ENDED, LEASE, MAX_ATTEMPTS, State

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
EXPIRED = LEASE + datetime.timedelta(seconds=1)


class Durable(RuleBasedStateMachine):
    """Clients submit and cancel, workers claim, beat, finish or die, sweeps sweep.

    The broker is a list, since it must come, go and forget at any step; time is moved by moving
    a job's times into the past.
    """

    jobs = Bundle("jobs")
    # (job, token): what a worker holds, or thinks that it holds.
    holds = Bundle("holds")

    @initialize()
    def begin(self):
        Job.objects.all().delete()
        self.broker_is_up = True
        self.queue: list[str] = []
        self.last_attempt: dict[uuid.UUID, int] = {}
        self.terminal: dict[uuid.UUID, dict] = {}
        self.cancelled_while_queued: set[uuid.UUID] = set()
        self.finished: dict[uuid.UUID, int] = {}
        self.accepted: set[uuid.UUID] = set()

    def send_task(self, _name, args, **_options):
        if not self.broker_is_up:
            raise ConnectionRefusedError
        self.queue.append(args[0])

    def queue_length(self, _name):
        return len(self.queue) if self.broker_is_up else None

    @rule(target=jobs)
    def submit(self):
        job = Job(kind="diagnostic-test", version=1, params=PARAMS, time_limit=5)
        job.save(force_insert=True)
        work.send(Job, [job.pk])
        self.accepted.add(job.pk)
        return job.pk

    @rule(up=st.booleans())
    def broker(self, up):
        self.broker_is_up = up

    @rule()
    def lose_all_messages(self):
        self.queue.clear()

    @rule(target=holds, job=jobs)
    def claim(self, job):
        before = Job.objects.get(pk=job)
        claimed = Job.objects.claim(job)
        assert (claimed is not None) == (before.state == State.QUEUED)
        if claimed is not None:
            assert job not in self.cancelled_while_queued
            assert claimed.attempt == before.attempt + 1
            assert claimed == Job.objects.get(pk=job)
        return job, (claimed or before).attempt

    @rule(target=holds)
    def take_a_message(self):
        if not self.queue:
            return None, 0
        job = uuid.UUID(self.queue.pop(0))
        claimed = Job.objects.claim(job)
        return job, claimed.attempt if claimed else 0

    @rule(hold=holds, state=st.sampled_from(ENDED))
    def finish(self, hold, state):
        job, token = hold
        before = Job.objects.filter(pk=job).values().first()
        won = Job.objects.finish(job, token, state, result=f'"{token}"')
        held = bool(before) and before["state"] == State.RUNNING and before["attempt"] == token
        assert bool(won) == held
        if won:
            self.finished[job] = self.finished.get(job, 0) + 1
        else:
            assert Job.objects.filter(pk=job).values().first() == before

    @rule(hold=holds)
    def beat(self, hold):
        job, token = hold
        before = Job.objects.filter(pk=job).values().first()
        held = bool(before) and before["state"] == State.RUNNING and before["attempt"] == token
        assert bool(Job.objects.beat(job, token, 0.5, "")) == held

    @rule(job=jobs)
    def lose_the_worker(self, job):
        Job.objects.filter(pk=job, state=State.RUNNING).update(
            lease_until=timezone.now() - datetime.timedelta(seconds=1),
            started_at=timezone.now() - EXPIRED,
        )

    @rule(job=jobs, workers=st.integers(2, MAX_ATTEMPTS + 1))
    def lose_one_worker_after_another(self, job, workers):
        for _ in range(workers):
            Job.objects.claim(job)
            self.lose_the_worker(job)
            work.sweep(Job)

    @rule(job=jobs)
    def cancel(self, job):
        before = Job.objects.get(pk=job)
        assert bool(Job.objects.cancel(job)) == (before.state not in ENDED)
        if before.state == State.QUEUED:
            self.cancelled_while_queued.add(job)
            assert Job.objects.get(pk=job).state == State.CANCELLED

    @rule()
    def time_goes_by(self):
        minute = datetime.timedelta(minutes=1)
        for job in Job.objects.filter(state=State.QUEUED):
            times = {"created_at": job.created_at - minute}
            if job.sent_at:
                times["sent_at"] = job.sent_at - minute
            Job.objects.filter(pk=job.pk).update(**times)

    @rule()
    def sweep(self):
        work.sweep(Job)
        assert not Job.objects.filter(
            state=State.RUNNING, lease_until__lt=timezone.now() - EXPIRED
        ).exists()

    @invariant()
    def no_job_is_lost(self):
        assert set(Job.objects.values_list("pk", flat=True)) == self.accepted

    @invariant()
    def what_has_ended_never_changes(self):
        for row in Job.objects.filter(state__in=ENDED).values():
            assert self.terminal.setdefault(row["id"], row) == row
        assert set(self.terminal) == {
            *Job.objects.filter(state__in=ENDED).values_list("pk", flat=True)
        }

    @invariant()
    def tokens_only_grow_and_attempts_have_an_end(self):
        for pk, attempt in Job.objects.values_list("pk", "attempt"):
            assert self.last_attempt.get(pk, 0) <= attempt <= MAX_ATTEMPTS
            self.last_attempt[pk] = attempt

    @invariant()
    def no_job_is_finished_twice(self):
        assert all(count == 1 for count in self.finished.values())

    def teardown(self):
        """Every accepted job ends once workers run."""
        self.broker_is_up = True
        for _ in range(2 * MAX_ATTEMPTS):
            Job.objects.filter(state=State.RUNNING).update(
                lease_until=timezone.now() - datetime.timedelta(seconds=1)
            )
            self.time_goes_by()
            work.sweep(Job)
            while self.queue:
                job, token = self.take_a_message()
                if token:
                    self.finish((job, token), State.SUCCEEDED)
        assert not Job.objects.unfinished().exists()


@pytest.mark.django_db
def test_the_invariants_hold_whatever_happens(monkeypatch):
    monkeypatch.setattr(work, "BROKER_PAUSE", 0)

    class OnThisBroker(Durable):
        def __init__(self):
            super().__init__()
            monkeypatch.setattr(current_app, "send_task", self.send_task)
            monkeypatch.setattr(work, "queue_length", self.queue_length)

    run_state_machine_as_test(
        OnThisBroker,
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
