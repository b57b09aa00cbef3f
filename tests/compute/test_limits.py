"""The limits on computing: what counts, who counts together, and who never meets one."""

import datetime

import pytest
from django.utils import timezone

from compute.models import Job
from compute.work import State
from tests.compute.client import BODY, JOBS, PARAMS, body, problem_of, submit

pytestmark = pytest.mark.django_db


def used(seconds: float, **fields) -> None:
    """A job that ended just now, and what it is charged."""
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "seconds": seconds}
    make(**ended, **fields)


def waiting(seconds: float, **fields) -> None:
    """A queued job, and what it counts until it has ended."""
    make(expected_seconds=seconds, **fields)


def make(**fields) -> None:
    Job.objects.create(kind="diagnostic-test", version=1, params=PARAMS, time_limit=5, **fields)


def client_of_this_machine(api) -> str:
    submit(api)
    return Job.objects.values_list("client", flat=True).get()


def test_answers_carry_what_is_left_of_the_limit(api, settings):
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "60"}
    first = submit(api)
    assert first["RateLimit-Policy"] == '"compute";q=60;w=60'
    assert first["RateLimit"] == '"compute";r=60;t=60'
    assert submit(api)["RateLimit"] == '"compute";r=59;t=60'


def test_a_stranger_whose_seconds_are_used_up_waits(api, settings):
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "60"}
    client = client_of_this_machine(api)
    used(59, client=client)
    waiting(1, client=client)
    response = submit(api)
    body = problem_of(response, 429)
    assert "60 seconds" in body["detail"]
    assert int(response["Retry-After"]) > 0
    assert response["RateLimit"] == '"compute";r=0;t=60'
    assert response["RateLimit-Policy"] == '"compute";q=60;w=60'
    # Another address has its own limit.
    other = api.post(JOBS, BODY, format="json", REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 202


def test_seconds_of_a_minute_ago_are_forgotten(api):
    client = client_of_this_machine(api)
    used(1000, client=client)
    assert submit(api).status_code == 429
    a_minute_ago = timezone.now() - datetime.timedelta(seconds=61)
    Job.objects.filter(state=State.SUCCEEDED).update(finished_at=a_minute_ago)
    assert submit(api).status_code == 202


def test_a_learner_has_more_and_it_is_counted_apart(api, api_as, ada, bob, settings):
    settings.LIMITS = settings.LIMITS | {"compute_user": "300", "waiting": "off"}
    used(290, owner=ada)
    assert submit(api_as(ada)).status_code == 202
    waiting(10, owner=ada)
    problem_of(submit(api_as(ada)), 429)
    assert submit(api_as(bob)).status_code == 202
    assert submit(api).status_code == 202


def test_a_limit_can_be_switched_off(api, settings):
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "off"}
    used(10_000, client=client_of_this_machine(api))
    response = submit(api)
    assert response.status_code == 202
    assert "RateLimit" not in response


def test_staff_are_not_limited(api_as, oscar):
    used(10_000, owner=oscar)
    for _ in range(8):
        response = submit(api_as(oscar))
        assert response.status_code == 202
        assert "RateLimit" not in response


def test_a_learner_waits_for_five_jobs_at_most(api_as, ada, settings):
    settings.LIMITS = settings.LIMITS | {"waiting": "5"}
    jobs = [submit(api_as(ada)).json()["id"] for _ in range(5)]
    response = submit(api_as(ada))
    problem_of(response, 429)
    assert int(response["Retry-After"]) > 0
    assert Job.objects.count() == 5
    api_as(ada).post(f"{JOBS}{jobs[0]}/cancel/")
    assert submit(api_as(ada)).status_code == 202
    settings.LIMITS = settings.LIMITS | {"waiting": "off"}
    assert submit(api_as(ada)).status_code == 202


def test_what_has_not_ended_counts_what_it_should_take(api, settings):
    """Seven computations of 9 s fill a minute, and an eighth need not be tried to know it."""
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "60"}
    long = {"n": 4096, "d": 64}
    for seed in range(9):
        params = {"generate": long | {"seed": seed}, "num_heads": 64, "return_weights": False}
        response = submit(api, {"kind": "multi-head-attention", "params": params})
        if response.status_code == 429:
            break
    expected = sum(Job.objects.values_list("expected_seconds", flat=True))
    assert 60 < expected < 90
    problem_of(submit(api), 429)


def test_an_address_waits_for_so_many_jobs_at_most(api, settings):
    settings.LIMITS = settings.LIMITS | {"waiting_anonymous": "3"}
    for n in range(3):
        assert submit(api, body(n)).status_code == 202
    response = submit(api, body(3))
    assert "not ended yet" in problem_of(response, 429)["detail"]
    assert int(response["Retry-After"]) > 0
    assert response["RateLimit-Policy"] == '"waiting";q=3;w=1'
    assert api.post(JOBS, body(4), format="json", REMOTE_ADDR="192.0.2.7").status_code == 202
    settings.LIMITS = settings.LIMITS | {"waiting_anonymous": "off"}
    assert submit(api, body(5)).status_code == 202


def test_a_slider_dragged_for_a_minute_meets_no_limit(api):
    """600 jobs of one stranger, one after the other, each of them charged what it took."""
    for n in range(600):
        response = submit(api, body(n))
        assert response.status_code == 202
        Job.objects.filter(state=State.QUEUED).update(
            state=State.SUCCEEDED, finished_at=timezone.now(), seconds=0.002
        )
    assert response["RateLimit"] == '"compute";r=58;t=60'


def test_a_class_of_forty_behind_one_address_meets_no_limit(api):
    """The last second of a minute in which each has dragged a slider: 40 × 600 jobs of 2 ms."""
    client = client_of_this_machine(api)
    for _ in range(40):
        used(599 * 0.002, client=client)
    for round_ in range(10):
        for person in range(40):
            assert submit(api, body(40 * round_ + person)).status_code == 202
        Job.objects.filter(state=State.QUEUED).update(
            state=State.SUCCEEDED, finished_at=timezone.now(), seconds=0.002
        )


def test_a_limit_is_met_only_by_what_would_be_queued(api, settings):
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "60"}
    used(100, client=client_of_this_machine(api))
    problem_of(submit(api, {"kind": "diagnostic-test", "params": {}}), 422)
