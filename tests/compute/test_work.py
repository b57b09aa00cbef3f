"""The transitions of durable work, one by one, and what a sweep puts right."""

import datetime
import time

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from compute import work
from compute.models import Job
from compute.work import LEASE, State
from tests.processes import eventually, is_up

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
SECOND = datetime.timedelta(seconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]


def make(**fields) -> Job:
    defaults = {"kind": "diagnostic-test", "version": 1, "params": PARAMS, "time_limit": 5}
    return Job.objects.create(**defaults | fields)


def running(*, attempt=1, since=3 * SECOND, lease_left=LEASE, **fields) -> Job:
    now = timezone.now()
    return make(
        state=State.RUNNING,
        attempt=attempt,
        started_at=now - since,
        lease_until=now + lease_left,
        **fields,
    )


def lost(**fields) -> Job:
    """A job whose worker was lost a second after it began: its lease has run out."""
    return running(since=LEASE + 2 * SECOND, lease_left=-SECOND, **fields)


def now_in_database(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


# --- claim --------------------------------------------------------------------------------------


def test_of_two_claims_one_wins():
    job = make()
    assert Job.objects.claim(job.pk).attempt == 1
    assert Job.objects.claim(job.pk) is None
    job = now_in_database(job)
    assert job.state == State.RUNNING
    assert job.attempt == 1
    assert job.started_at is not None
    assert LEASE - SECOND < job.lease_until - timezone.now() <= LEASE


@pytest.mark.parametrize("state", work.ENDED)
def test_what_has_ended_cannot_be_claimed(state):
    job = make(state=state, finished_at=timezone.now())
    assert Job.objects.claim(job.pk) is None
    assert now_in_database(job).state == state


def test_what_does_not_exist_cannot_be_claimed():
    assert Job.objects.claim("00000000-0000-4000-8000-000000000000") is None


def test_a_claim_begins_with_no_progress_of_the_attempt_before():
    job = make(progress_fraction=0.7, progress_message="nearly there", attempt=1)
    assert Job.objects.claim(job.pk).attempt == 2
    job = now_in_database(job)
    assert (job.progress_fraction, job.progress_message) == (0, "")


# --- the token ----------------------------------------------------------------------------------


def test_a_finish_with_the_token_ends_the_job_and_keeps_the_result():
    job = make()
    token = Job.objects.claim(job.pk).attempt
    assert Job.objects.finish(job.pk, token, State.SUCCEEDED, result="{}")
    job = now_in_database(job)
    assert (job.state, job.result, job.lease_until) == (State.SUCCEEDED, "{}", None)
    assert job.finished_at is not None


def test_a_finish_with_an_old_token_changes_nothing():
    job = lost()
    work.sweep(Job)
    assert Job.objects.claim(job.pk).attempt == 2
    before = Job.objects.filter(pk=job.pk).values().get()
    assert not Job.objects.finish(job.pk, 1, State.SUCCEEDED, result='"stale"')
    assert not Job.objects.beat(job.pk, 1, 0.5, "stale")
    assert Job.objects.cancel_wanted(job.pk, 1) is None
    assert Job.objects.filter(pk=job.pk).values().get() == before
    assert Job.objects.finish(job.pk, 2, State.SUCCEEDED, result='"fresh"')
    assert now_in_database(job).result == '"fresh"'


def test_a_second_finish_changes_nothing():
    job = make()
    token = Job.objects.claim(job.pk).attempt
    Job.objects.finish(job.pk, token, State.SUCCEEDED, result="1")
    before = Job.objects.filter(pk=job.pk).values().get()
    assert not Job.objects.finish(job.pk, token, State.FAILED, error_code="late")
    assert Job.objects.filter(pk=job.pk).values().get() == before


def test_a_finish_of_a_requeued_job_changes_nothing():
    job = lost()
    work.sweep(Job)
    assert not Job.objects.finish(job.pk, 1, State.SUCCEEDED, result="1")
    assert now_in_database(job).state == State.QUEUED


def test_a_beat_renews_the_lease_and_carries_progress():
    job = running(lease_left=2 * SECOND)
    assert Job.objects.beat(job.pk, 1, 0.25, "halfway to half")
    job = now_in_database(job)
    assert job.lease_until - timezone.now() > LEASE - SECOND
    assert (job.progress_fraction, job.progress_message) == (0.25, "halfway to half")


# --- cancel -------------------------------------------------------------------------------------


def test_a_queued_job_is_cancelled_at_once_and_never_starts():
    job = make()
    work.cancel(job)
    job = now_in_database(job)
    assert job.state == State.CANCELLED
    assert job.finished_at is not None
    assert Job.objects.claim(job.pk) is None


def test_a_running_job_is_asked_to_stop():
    job = running()
    assert Job.objects.cancel_wanted(job.pk, 1) is False
    work.cancel(job)
    assert now_in_database(job).state == State.RUNNING
    assert Job.objects.cancel_wanted(job.pk, 1) is True
    work.cancel(job)


@pytest.mark.parametrize("state", work.ENDED)
def test_what_has_ended_is_not_cancelled(state):
    job = make(state=state, finished_at=timezone.now())
    before = Job.objects.filter(pk=job.pk).values().get()
    with pytest.raises(work.WorkNotCancellable, match="ended already"):
        work.cancel(job)
    assert Job.objects.filter(pk=job.pk).values().get() == before


# --- the sweep ----------------------------------------------------------------------------------


def test_an_expired_lease_puts_the_job_back_and_sends_it(queue):
    job = lost(sent_at=timezone.now())
    counts = work.sweep(Job)
    assert (counts["requeued"], counts["sent"]) == (1, 1)
    job = now_in_database(job)
    assert (job.state, job.attempt, job.lease_until) == (State.QUEUED, 1, None)
    assert work.sweep(Job)["sent"] == 0
    assert queue.jobs() == [str(job.pk)]


def test_a_lease_that_has_not_expired_is_left_alone():
    job = running(lease_left=SECOND, since=60 * SECOND)
    assert not any(work.sweep(Job).values())
    assert now_in_database(job).state == State.RUNNING


def test_time_after_the_workers_last_sign_of_life_is_not_the_jobs():
    """A lease is longer than most time limits: a lost worker is not a job that took too long."""
    job = lost(time_limit=2)
    assert work.sweep(Job)["requeued"] == 1
    assert now_in_database(job).state == State.QUEUED


def test_after_the_third_attempt_it_has_failed_as_worker_lost():
    job = lost(attempt=3)
    assert work.sweep(Job)["lost"] == 1
    job = now_in_database(job)
    assert (job.state, job.error_code, job.lease_until) == (State.FAILED, "worker-lost", None)
    assert "3 times" in job.error_detail
    assert not any(work.sweep(Job).values())


def test_a_job_that_ran_past_its_limit_is_not_tried_again():
    job = running(since=LEASE + 60 * SECOND, lease_left=-SECOND, time_limit=5)
    assert work.sweep(Job)["timed_out"] == 1
    job = now_in_database(job)
    assert (job.state, job.error_code) == (State.FAILED, "time-limit")


def test_a_lost_job_that_was_to_be_cancelled_is_cancelled():
    job = lost(cancel_requested=True, attempt=3)
    assert work.sweep(Job)["cancelled"] == 1
    assert now_in_database(job).state == State.CANCELLED


def test_what_a_lost_worker_did_until_its_last_sign_is_charged():
    job = lost(attempt=1, seconds=2)
    Job.objects.filter(pk=job.pk).update(started_at=timezone.now() - LEASE - 21 * SECOND)
    Job.objects.update(time_limit=60)
    assert work.sweep(Job)["requeued"] == 1
    assert now_in_database(job).seconds == pytest.approx(2 + 20, abs=0.5)


def test_a_worker_that_is_lost_at_once_is_charged_a_second():
    job = running(since=LEASE + SECOND, lease_left=-SECOND, attempt=3)
    assert work.sweep(Job)["lost"] == 1
    assert now_in_database(job).seconds == pytest.approx(1, abs=0.1)


def test_a_job_past_its_limit_is_charged_its_time():
    job = running(since=LEASE + 60 * SECOND, lease_left=-SECOND, time_limit=5)
    work.sweep(Job)
    assert now_in_database(job).seconds == pytest.approx(59, abs=0.5)


def test_one_sweep_sends_so_many_and_the_next_ones_the_rest(queue, monkeypatch):
    monkeypatch.setattr(work, "MOST_SENT", 3)
    for _ in range(2):
        make()
    for _ in range(5):
        make(sent_at=timezone.now())
    long_ago = timezone.now() - 60 * SECOND
    Job.objects.update(created_at=long_ago)
    Job.objects.exclude(sent_at=None).update(sent_at=long_ago)
    assert [work.sweep(Job)["sent"] for _ in range(4)] == [3, 3, 1, 0]
    assert len(set(queue.jobs())) == 7


def test_what_the_broker_did_not_take_is_sent_once(queue):
    job = make()
    make(sent_at=timezone.now())  # its own transaction sends it
    assert work.sweep(Job)["sent"] == 1
    assert work.sweep(Job)["sent"] == 0
    assert queue.jobs() == [str(job.pk)]
    assert now_in_database(job).sent_at is not None


def test_it_is_sent_again_only_while_the_queue_is_shorter_than_what_was_sent(queue):
    long_ago = timezone.now() - work.SEND_AGAIN_AFTER - SECOND
    jobs = [make() for _ in range(3)]
    work.send(Job, [job.pk for job in jobs])
    Job.objects.update(sent_at=long_ago)
    assert work.sweep(Job)["sent"] == 0
    queue.lose(2)
    assert work.sweep(Job)["sent"] == 2
    assert len(queue.jobs()) == 3


def test_what_was_sent_just_now_is_not_sent_again():
    make(sent_at=timezone.now())
    assert work.sweep(Job)["sent"] == 0


def test_what_has_ended_is_never_sent(queue):
    long_ago = timezone.now() - 60 * SECOND
    for state in work.ENDED:
        make(state=state, finished_at=long_ago)
    Job.objects.update(created_at=long_ago)
    assert not any(work.sweep(Job).values())
    assert queue.jobs() == []


def test_a_broker_that_is_down_leaves_the_sweep_going_and_the_row_for_later(valkey):
    _client, program = valkey
    make(sent_at=timezone.now() - 60 * SECOND)
    job = lost()
    Job.objects.update(created_at=timezone.now() - 60 * SECOND)
    program.kill()
    try:
        counts = work.sweep(Job)
        assert (counts["requeued"], counts["sent"]) == (1, 0)
        assert now_in_database(job).sent_at is None
    finally:
        program.start()
        eventually(lambda: is_up(valkey), 5, "the broker is back")
    assert work.sweep(Job)["sent"] == 0, "it is not asked again so soon"
    time.sleep(work.BROKER_PAUSE)
    assert work.sweep(Job)["sent"] == 2
    assert now_in_database(job).sent_at is not None


def test_it_finds_every_model_of_work():
    assert Job in work.kinds_of_work()
    assert all(model.TASK and not model._meta.abstract for model in work.kinds_of_work())


def test_messages_of_jobs_go_to_the_queue_that_the_compute_worker_reads():
    assert work.queue_of(Job) == "compute"


# --- submit -------------------------------------------------------------------------------------


def new() -> Job:
    return Job(kind="diagnostic-test", version=1, params=PARAMS, time_limit=5)


def test_the_message_is_sent_once_the_transaction_has_committed(
    queue, django_capture_on_commit_callbacks
):
    job = new()
    with django_capture_on_commit_callbacks(execute=True):
        work.submit(job)
        assert queue.jobs() == []
    assert queue.jobs() == [str(job.pk)]
    assert now_in_database(job).sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_sends_nothing(queue):
    with transaction.atomic():
        work.submit(new())
        transaction.set_rollback(True)
    assert queue.jobs() == []
    assert not Job.objects.exists()


# --- what the database itself refuses -----------------------------------------------------------

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "queued", "lease_until": NOW},
        {"state": "queued", "finished_at": NOW},
        {"state": "running", "started_at": NOW},
        {"state": "running", "lease_until": NOW},
        {"state": "running", "lease_until": NOW, "started_at": NOW, "finished_at": NOW},
        {"state": "succeeded"},
        {"state": "failed", "finished_at": NOW, "lease_until": NOW},
        {"state": "cancelled"},
        {"state": "unknown"},
    ],
)
def test_state_lease_and_end_always_fit(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**fields)
