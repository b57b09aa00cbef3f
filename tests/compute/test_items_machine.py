"""A job in parts as a state machine: in whatever order things happen, it is joined once or ends."""

import datetime

import pytest
from celery import current_app
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from compute import services, work
from compute.models import Item, Job
from compute.work import ENDED, State

SECOND = datetime.timedelta(seconds=1)


class InParts(RuleBasedStateMachine):
    """Workers split the job, do its items and join them; they may be lost at any of the steps.

    What a worker does in one go is taken apart into the steps between which it can be lost.
    """

    @initialize(count=st.integers(1, 4))
    def begin(self, count):
        Job.objects.all().delete()
        self.count = count
        self.joins: list[int] = []
        self.done: set[int] = set()
        self.held: Job | None = None
        job = Job(kind="diagnostic-test", version=1, params={}, time_limit=3600)
        job.save(force_insert=True)
        self.pk = job.pk

    def job(self) -> Job:
        return Job.objects.get(pk=self.pk)

    @rule()
    def a_worker_takes_the_job(self):
        self.held = Job.objects.claim(self.pk) or self.held

    @rule()
    def the_holder_goes_on(self):
        """It splits the job, or joins the items if they have been done."""
        if self.held is None:
            return
        if not self.held.items.exists():
            Job.objects.hand_over(self.held, self.held.attempt, list(range(self.count)))
        elif not Item.objects.unfinished().exists():
            won = Job.objects.finish(self.pk, self.held.attempt, State.SUCCEEDED, result="{}")
            if won:
                assert self.done == set(range(self.count)), "joined without all of its parts"
                self.joins.append(self.held.attempt)
        self.held = None

    @rule(number=st.integers(0, 3), state=st.sampled_from([State.SUCCEEDED] * 4 + [State.FAILED]))
    def an_item_is_done(self, number, state):
        item = Item.objects.filter(job=self.pk, number=number).first()
        held = item and Item.objects.claim(item.pk)
        won = held and Item.objects.finish(item.pk, held.attempt, state, result="1")
        if won and state == State.SUCCEEDED:
            self.done.add(number)

    @rule(number=st.integers(0, 3))
    def the_worker_of_an_item_counts_and_takes_over(self, number):
        item = Item.objects.filter(job=self.pk, number=number, state__in=ENDED).first()
        if item:
            Job.objects.count_item(item)
            self.held = Job.objects.take_over(self.pk) or self.held

    @rule(number=st.integers(0, 3))
    def the_worker_of_an_item_is_lost(self, number):
        item = Item.objects.filter(job=self.pk, number=number).first()
        if item and Item.objects.claim(item.pk):
            self.expire(Item.objects.filter(pk=item.pk))
            work.sweep(Item)

    @rule()
    def the_worker_of_the_job_is_lost(self):
        self.expire(Job.objects.filter(pk=self.pk, state=State.RUNNING, waits_for_items=False))
        work.sweep(Job)

    def expire(self, rows):
        past = timezone.now() - work.LEASE - 2 * SECOND
        rows.update(started_at=past, lease_until=past + work.LEASE)

    @rule()
    def sweep(self):
        work.sweep(Item)
        work.sweep(Job)

    @rule()
    def cancel(self):
        if self.job().state not in ENDED and not self.job().items.exists():
            return  # as often as not it would end before anything has happened
        if self.job().state not in ENDED:
            services.cancel_job(self.job())

    @invariant()
    def it_is_joined_at_most_once(self):
        assert len(self.joins) <= 1
        assert bool(self.joins) == (self.job().state == State.SUCCEEDED)

    @invariant()
    def what_runs_is_held_or_waits(self):
        job = self.job()
        if job.state == State.RUNNING:
            assert job.lease_until is not None
        if job.waits_for_items and job.state == State.RUNNING:
            assert job.items.count() == self.count

    def teardown(self):
        """It ends, once workers and sweep go on."""
        for _ in range(4 * work.MAX_ATTEMPTS):
            self.the_worker_of_the_job_is_lost()
            self.sweep()
            self.a_worker_takes_the_job()
            self.the_holder_goes_on()
            for number in range(self.count):
                self.an_item_is_done(number, State.SUCCEEDED)
                self.the_worker_of_an_item_counts_and_takes_over(number)
            self.the_holder_goes_on()
        assert self.job().is_ended
        work.sweep(Job)
        work.sweep(Job)
        assert not Item.objects.exists(), "no item outlives its job"


@pytest.mark.django_db
def test_a_job_in_parts_ends_and_is_joined_once(monkeypatch):
    monkeypatch.setattr(current_app, "send_task", lambda *_args, **_options: None)
    monkeypatch.setattr(work, "queue_length", lambda _name: None)
    run_state_machine_as_test(
        InParts, settings=settings(max_examples=25, stateful_step_count=30, deadline=None)
    )
