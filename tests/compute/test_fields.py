"""`?fields=`: parts of a job."""

import pytest

from compute.models import Job
from tests.compute.client import BODY, JOBS, done, problem_of, submit

pytestmark = pytest.mark.django_db


def get(api, job: dict, fields: str):
    return api.get(f"{JOBS}{job['id']}/", {"fields": fields})


def test_parts_are_nested_as_they_were(api):
    job = done(api, BODY | {"label": "mine"})
    assert get(api, job, "result.ppv,state").json() == {
        "result": {"ppv": job["result"]["ppv"]},
        "state": "succeeded",
    }
    assert get(api, job, "result.odds.prior, result.odds.posterior").json() == {
        "result": {"odds": {name: job["result"]["odds"][name] for name in ("prior", "posterior")}}
    }
    assert get(api, job, "progress.fraction,label,params.prevalence").json() == {
        "progress": {"fraction": 1.0},
        "label": "mine",
        "params": {"prevalence": 0.01},
    }


@pytest.mark.parametrize("fields", ["result", "result,result.ppv", "result.ppv,result"])
def test_what_is_asked_for_whole_is_whole(api, fields):
    job = done(api)
    assert get(api, job, fields).json() == {"result": job["result"]}


def test_every_field_can_be_asked_for(api):
    job = done(api)
    assert get(api, job, ",".join(job)).json() == job


def test_what_is_inside_of_null_is_null(api):
    job = submit(api).json()
    assert get(api, job, "result.ppv,error.code").json() == {"result": None, "error": None}


@pytest.mark.parametrize(
    "fields",
    [
        *("", "nonsense", "owner", "seconds", "__class__", "state,", ".", "params.", "state.x"),
        *("result.nonsense", "result.odds.nonsense", "result.ppv.deeper", "result..ppv"),
        "charts.svg",
    ],
)
def test_an_unknown_part_is_named(api, fields):
    problem = problem_of(get(api, done(api), fields), 400)
    assert [error["pointer"] for error in problem["errors"]] == ["?fields"]


def test_the_result_is_read_only_for_a_part_of_it(api, django_assert_num_queries):
    job = done(api)
    with django_assert_num_queries(2) as queries:
        get(api, job, "state,progress")
    assert all('"result"' not in query["sql"] for query in queries)


def test_it_is_conditional_as_the_whole_is(api):
    job = done(api)
    response = get(api, job, "state")
    url = f"{JOBS}{job['id']}/?fields=state"
    again = api.get(url, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Job.objects.count() == 1
