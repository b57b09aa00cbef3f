"""What is not kept for ever: jobs of strangers, and what people who left called theirs."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from compute import housekeeping
from compute.models import Job, Schedule
from compute.work import State

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
pytestmark = pytest.mark.django_db


def make(days: float = 0, **fields) -> Job:
    now = timezone.now()
    defaults = {"kind": "diagnostic-test", "version": 1, "params": PARAMS, "time_limit": 5}
    ended = {"state": State.SUCCEEDED, "finished_at": now, "client": "stranger"}
    job = Job.objects.create(**defaults | ended | fields)
    Job.objects.filter(pk=job.pk).update(created_at=now - datetime.timedelta(days=days))
    return job


def kept() -> set:
    return set(Job.objects.values_list("pk", flat=True))


def test_a_strangers_job_goes_after_so_many_days(settings):
    settings.JOB_DAYS = 3
    make(3.1)
    make(3.1, state=State.FAILED)
    young = make(2.9)
    housekeeping.delete_jobs_of_strangers()
    assert kept() == {young.pk}


def test_a_learners_job_stays_and_so_does_that_of_a_deleted_account(ada):
    jobs = {make(1000, owner=ada, client="").pk, make(1000, client="").pk}
    housekeeping.delete_jobs_of_strangers()
    assert kept() == jobs


def test_a_job_that_has_not_ended_stays(settings):
    settings.JOB_MEGABYTES = 0
    job = make(1000, state=State.QUEUED, finished_at=None, size=10)
    housekeeping.delete_jobs_of_strangers()
    assert kept() == {job.pk}


def test_without_room_the_oldest_go_until_there_is_some(settings, ada):
    settings.JOB_MEGABYTES = 10
    learners = make(4, owner=ada, client="", size=9_000_000)
    oldest, older, young = (make(days, size=6_000_000) for days in (3, 2, 1))
    housekeeping.delete_jobs_of_strangers()
    assert kept() == {learners.pk, young.pk}
    assert {oldest.pk, older.pk}.isdisjoint(kept())


def test_many_go_in_several_steps(monkeypatch):
    monkeypatch.setattr(housekeeping, "DELETED_AT_ONCE", 2)
    for _ in range(5):
        make(8)
    young = make()
    housekeeping.delete_jobs_of_strangers()
    assert kept() == {young.pk}


def test_what_people_who_left_called_their_jobs_is_forgotten(ada):
    gone, stranger = make(client="", label="theirs"), make(label="a stranger's")
    own = make(owner=ada, client="", label="Ada's")
    housekeeping.forget_labels_of_deleted_accounts()
    labels = dict(Job.objects.values_list("pk", "label"))
    assert labels == {gone.pk: None, stranger.pk: "a stranger's", own.pk: "Ada's"}


def test_the_sweep_does_it_and_knows_what_other_apps_have_to_do():
    job = make(8)
    call_command("sweep", "--once")
    assert job.pk not in kept()
    names = set(Schedule.objects.values_list("name", flat=True))
    assert {"jobs-of-strangers", "labels-of-deleted-accounts"} <= names
    assert any("tokens" in name for name in names)
