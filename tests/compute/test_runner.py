"""What a worker makes of one job, in this process; tests/faults has the real workers."""

import logging
import signal
import threading

import pytest

from compute import runner, work
from compute.errors import KindFailed
from compute.models import Job
from compute.work import State

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return Job.objects.create(kind="diagnostic-test", version=1, params=PARAMS, time_limit=5)


def ran(job: Job, compute) -> Job:
    runner.run(Job, str(job.pk), compute)
    return Job.objects.get(pk=job.pk)


def succeeded(result: str) -> runner.Outcome:
    return runner.Outcome(State.SUCCEEDED, {"result": result})


def raising(error: Exception):
    def compute(_job, _progress):
        raise error

    return compute


def test_a_job_is_computed_and_its_result_kept(job):
    runner.run_job(str(job.pk))
    job.refresh_from_db()
    assert job.size == len(job.result)
    assert (job.state, job.attempt, job.progress_fraction) == (State.SUCCEEDED, 1, 1)
    # Bayes' theorem by hand.
    ill, healthy = 0.01 * 0.9, 0.99 * 0.09
    assert job.result_data["posterior"] == pytest.approx(ill / (ill + healthy), rel=1e-12)
    assert job.seconds > 0


def test_a_message_delivered_twice_runs_the_job_once(job):
    runner.run_job(str(job.pk))
    before = Job.objects.filter(pk=job.pk).values().get()
    runner.run_job(str(job.pk))
    assert Job.objects.filter(pk=job.pk).values().get() == before


def test_a_message_of_a_job_that_does_not_exist_is_dropped():
    runner.run_job("0b9f4c1e-5d0c-4f3e-9a53-7f2d9a1c2b11")


def test_a_cancelled_job_is_left_alone(job):
    work.cancel(job)
    assert ran(job, raising(AssertionError("it ran"))).state == State.CANCELLED


def test_a_computation_without_an_answer_says_why(job):
    job = ran(job, raising(KindFailed("The series does not converge.")))
    assert (job.state, job.error_code) == (State.FAILED, "failed")
    assert job.error_detail == "The series does not converge."
    assert job.result is None
    assert job.seconds > 0


def test_memory_that_is_not_there_is_a_failure_of_the_job_alone(job):
    job = ran(job, raising(MemoryError()))
    assert (job.state, job.error_code) == (State.FAILED, "memory-limit")


def test_a_result_that_is_too_large_is_not_kept(job, monkeypatch):
    monkeypatch.setattr(runner, "MOST_RESULT_BYTES", 100)
    runner.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.error_code, job.result) == (State.FAILED, "failed", None)
    assert "at most 100 are kept" in job.error_detail


def test_a_large_result_is_charged_its_keeping(job):
    job = ran(job, lambda _job, _progress: succeeded("1" * 9_000_000))
    assert 2 < job.seconds < 4


def test_attempts_that_were_lost_stay_charged(job):
    Job.objects.update(seconds=7)
    assert 7 < ran(job, raising(KindFailed("no"))).seconds < 9


def test_any_other_error_goes_to_the_log_and_not_to_the_client(job, caplog):
    job = ran(job, raising(ZeroDivisionError("at line 7 of a secret file")))
    assert (job.state, job.error_code) == (State.FAILED, "internal")
    assert "secret" not in job.error_detail
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "at line 7" in record.exc_text


def test_a_kind_that_was_taken_away_fails_and_ends(job):
    Job.objects.update(kind="taken-away")
    runner.run_job(str(job.pk))
    assert Job.objects.get(pk=job.pk).error_code == "internal"


def test_the_result_of_a_worker_that_lost_its_job_is_dropped(job):
    def while_another_takes_over(job, _progress):
        Job.objects.filter(pk=job.pk).update(attempt=2)
        return succeeded('"stale"')

    job = ran(job, while_another_takes_over)
    assert (job.state, job.attempt, job.result) == (State.RUNNING, 2, None)


def test_progress_stays_between_nothing_and_all(job):
    watch = runner.Watch(job, 0)
    for given, kept in ((-1, 0), (0.25, 0.25), (7, 1)):
        watch.progress(given, "x" * 300)
        assert (watch.fraction, len(watch.message)) == (kept, 200)


def test_it_leaves_no_thread_and_no_signal_handler_behind(job):
    handler, threads = signal.getsignal(signal.SIGUSR2), threading.active_count()
    ran(job, raising(KindFailed("no")))
    assert signal.getsignal(signal.SIGUSR2) == handler
    assert threading.active_count() == threads


def test_what_can_be_wrong_with_the_database_for_a_moment_is_tried_again(monkeypatch):
    monkeypatch.setattr(runner, "DATABASE_PAUSE", 0)
    tries = []

    def change():
        tries.append(1)
        if len(tries) < 3:
            raise runner.OperationalError("the database is away")
        return "done"

    assert runner._persist(change) == "done"
    assert len(tries) == 3
