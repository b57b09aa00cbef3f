"""A kind is a pure function: a job equal to one that succeeded is that one, and costs nothing."""

import pytest
from django.utils import timezone

from compute.models import Job
from compute.work import State
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
