"""What a service does with jobs beside what the API shows: nothing half done, nothing held."""

import datetime
import logging
import time

import pytest
from django.db import connection
from django.utils import timezone

from compute import services
from compute.errors import InvalidParams, UnknownKind
from compute.models import Job, Schedule
from compute.registry import get_kind
from compute.schedule import every, run_due
from compute.waiting import wait_for
from compute.work import State
from rest.limits import LimitExceeded

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
pytestmark = pytest.mark.django_db


def submit(**changes) -> Job:
    return services.submit_job(**{"kind": "diagnostic-test", "params": PARAMS} | changes)[0]


def test_a_job_knows_its_kind_as_it_was(ada):
    job = submit(owner=ada, label="mine", client="ignored")
    job.refresh_from_db()
    kind = get_kind("diagnostic-test")
    assert (job.version, job.time_limit) == (kind.version, kind.time_seconds)
    assert job.fingerprint == kind.fingerprint(kind.parse(PARAMS))
    assert (job.owner, job.label, job.client) == (ada, "mine", "")


def test_defaults_make_no_difference_to_the_fingerprint():
    written_out = PARAMS | {"population": 1000, "results": ["positive"]}
    assert submit().fingerprint == submit(params=written_out).fingerprint
    assert submit().fingerprint != submit(params=PARAMS | {"population": 999}).fingerprint


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"kind": "tea-leaves"}, UnknownKind), ({"params": {}}, InvalidParams)],
)
def test_what_is_not_allowed_is_not_saved(changes, error):
    with pytest.raises(error):
        submit(**changes)
    assert not Job.objects.exists()


def test_a_submit_takes_few_queries(ada, django_assert_max_num_queries):
    # Two of them are the test's own savepoint, where a request has a transaction; and PostgreSQL
    # takes a lock, so that nobody else counts this learner's jobs meanwhile.
    with django_assert_max_num_queries(7 + (connection.vendor == "postgresql")):
        submit(owner=ada)


def test_what_is_used_up_is_counted_by_the_seconds_of_a_minute(ada, settings):
    settings.LIMITS = settings.LIMITS | {"compute_user": "10", "waiting": "off"}
    now = timezone.now()
    for age, seconds in ((10, 4), (50, 4), (70, 100)):
        job = submit(owner=ada)
        Job.objects.filter(pk=job.pk).update(
            state=State.FAILED,
            finished_at=now - datetime.timedelta(seconds=age),
            seconds=seconds,
        )
    assert services.charge(ada, "")["RateLimit"] == '"compute";r=2;t=60'
    submit(owner=ada)
    Job.objects.filter(state=State.QUEUED).update(expected_seconds=2)
    with pytest.raises(LimitExceeded):
        submit(owner=ada)


def test_waiting_for_what_has_ended_does_not_wait():
    job = submit()
    services.cancel_job(job)
    job.refresh_from_db()
    started = time.monotonic()
    wait_for(job, 30)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_waiting_ends_with_the_job_as_it_stands(seconds):
    job = submit()
    wait_for(job, seconds)
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_of_two_sweeps_one_runs_what_is_due():
    ran = []
    every(datetime.timedelta(hours=1), "test-of-the-schedule")(lambda: ran.append(1))
    run_due()
    assert run_due() == []
    assert ran == [1]
    row = Schedule.objects.get(name="test-of-the-schedule")
    assert row.next_run_at > timezone.now() + datetime.timedelta(minutes=59)
    Schedule.objects.update(next_run_at=timezone.now())
    run_due()
    assert ran == [1, 1]


def test_a_due_task_that_fails_keeps_none_of_the_others_from_running(caplog):
    ran = []

    def fails():
        raise ZeroDivisionError

    hour = datetime.timedelta(hours=1)
    every(hour, "test-fails")(fails)
    every(hour, "test-runs-after-it")(lambda: ran.append(1))
    assert {"test-fails", "test-runs-after-it"} <= set(run_due())
    assert ran == [1]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "test-fails failed" in record.getMessage()
    # It is due again, and not at once.
    assert run_due() == []
