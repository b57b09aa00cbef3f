"""A kind is a pure function: a job equal to one that succeeded is that one, and costs nothing."""

import pytest
from django.utils import timezone

from compute.models import Job, JobQuerySet
from compute.registry import get_kind
from compute.services import names_private_data, submit_job
from compute.work import State
from tests.belongings import job_of
from tests.compute.client import BODY, JOBS, PARAMS, done, submit

pytestmark = pytest.mark.django_db


def test_the_earlier_job_is_the_answer_at_once_and_no_row_is_made(api):
    job = done(api)
    response = submit(api)
    assert (response.status_code, response.json()) == (200, job)
    assert response["Location"] == f"{JOBS}{job['id']}/"
    assert Job.objects.count() == 1


def test_the_preference_to_wait_is_met_without_a_wait(api):
    done(api)
    response = submit(api, Prefer="wait=10")
    assert (response.status_code, response["Preference-Applied"]) == (200, "wait=10")


def test_defaults_that_are_written_out_make_no_difference(api):
    job = done(api)
    written_out = PARAMS | {"population": 1000, "results": ["positive"]}
    assert submit(api, BODY | {"params": written_out}).json() == job


@pytest.mark.parametrize("changes", [{"population": 999}, {"results": []}])
def test_other_parameters_are_another_job(api, changes):
    job = done(api)
    response = submit(api, BODY | {"params": PARAMS | changes})
    assert response.status_code == 202
    assert response.json()["id"] != job["id"]


def test_a_result_of_another_version_of_the_kind_is_no_answer(api):
    job = done(api)
    kind_name_and_version = "of version 0, of other parameters, or of another kind"
    Job.objects.update(version=0, fingerprint=kind_name_and_version)
    assert submit(api).json()["id"] != job["id"]


@pytest.mark.parametrize("state", [State.QUEUED, State.FAILED, State.CANCELLED])
def test_only_a_job_that_succeeded_is_an_answer(api, state):
    first = submit(api).json()["id"]
    ended = None if state == State.QUEUED else timezone.now()
    Job.objects.update(state=state, finished_at=ended)
    response = submit(api)
    assert response.status_code == 202
    assert response.json()["id"] != first


def test_the_answer_of_somebody_elses_job_does_not_tell_what_they_call_it(api, api_as, ada, bob):
    job = done(api_as(ada), BODY | {"label": "what Ada calls it"})
    assert job["label"] == "what Ada calls it"
    for stranger in (api, api_as(bob)):
        assert submit(stranger, BODY | {"label": "other"}).json() == job | {"label": None}
    assert submit(api_as(ada), BODY | {"label": "other"}).json() == job
    assert api_as(bob).get(JOBS).json()["results"] == []


def test_it_costs_nothing(api, settings):
    job = done(api)
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "1"}
    Job.objects.update(seconds=100)
    response = submit(api)
    assert (response.status_code, response.json()) == (200, job)
    assert "RateLimit" not in response


@pytest.mark.parametrize(
    ("params", "is_private"),
    [
        ({"dataset": {"id": "5a1d8f0e-3f5e-4c0b-8b7e-0c3a9b1f2d44"}}, True),
        ({"dataset": {"id": None}}, True),
        ({"dataset": {"preset": "small", "seed": 1}}, False),
        ({"dataset": 7}, False),
        ({"dataset": None}, False),
        ({"id": "5a1d8f0e"}, False),
        ({}, False),
    ],
)
def test_a_dataset_of_somebodys_own_is_told_alike_by_what_reads_and_by_what_finds(
    params, is_private
):
    job = job_of(None, params=params)
    assert names_private_data(params) is is_private
    assert Job.objects.filter(JobQuerySet.of_private_data, pk=job.pk).exists() is is_private


def test_no_job_on_somebodys_own_data_is_the_answer_to_another(db, monkeypatch, ada, bob):
    """Even where a kind lets the parameters pass."""
    params = PARAMS | {"dataset": {"id": "5a1d8f0e-3f5e-4c0b-8b7e-0c3a9b1f2d44"}}
    kind = get_kind("diagnostic-test")
    monkeypatch.setattr(type(kind), "parse", lambda self, _params: self.params(**PARAMS))
    first, _ = submit_job(kind=kind.name, params=params, owner=ada)
    Job.objects.update(
        state=State.SUCCEEDED, result="{}", finished_at=timezone.now(), started_at=timezone.now()
    )
    second, _ = submit_job(kind=kind.name, params=params, owner=bob)
    assert second.pk != first.pk
    assert second.owner == bob
