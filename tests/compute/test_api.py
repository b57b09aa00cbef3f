"""The jobs API, in process: what a job looks like, who may do what with it, and the limits."""

import base64
import logging
import uuid
import xml.etree.ElementTree as ET

import pytest
from django.utils import timezone

from compute import runner
from compute.models import Job
from compute.registry import all_kinds, get_kind
from compute.work import State
from tests.compute.client import BODY, JOBS, PARAMS, done, problem_of, submit

NOBODYS = "0b9f4c1e-5d0c-4f3e-9a53-7f2d9a1c2b11"
FIELDS = {
    *("id", "kind", "version", "label", "params", "state", "progress", "result", "error"),
    *("attempts", "created_at", "started_at", "finished_at", "charts"),
}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_logged_as_an_error(caplog):
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


# --- kinds --------------------------------------------------------------------------------------


def test_each_kind_says_what_it_takes_and_gives(api):
    listed = api.get("/api/v1/compute/kinds/").json()["results"]
    assert [kind["name"] for kind in listed] == [kind.name for kind in all_kinds()]
    for item in listed:
        assert api.get(f"/api/v1/compute/kinds/{item['name']}/").json() == item
        assert set(item) == {
            *("name", "title", "summary", "version", "params_schema", "result_schema"),
            *("example_params", "charts", "limits"),
        }
        assert set(item["limits"]) == {"time_seconds", "memory_mb"}
        assert item["params_schema"]["$schema"].endswith("2020-12/schema")


def test_an_unknown_kind_is_not_found(api):
    problem_of(api.get("/api/v1/compute/kinds/tea-leaves/"), 404)


# --- submit and read ----------------------------------------------------------------------------


def test_a_submitted_job_is_queued_and_has_an_address(api):
    response = submit(api, BODY | {"label": "screening"})
    assert response.status_code == 202
    job = response.json()
    assert response["Location"] == f"{JOBS}{job['id']}/"
    assert "Preference-Applied" not in response
    assert set(job) == FIELDS
    uuid.UUID(job["id"])
    assert job["kind"] == "diagnostic-test"
    assert job["label"] == "screening"
    assert job["params"] == PARAMS
    assert job["state"] == "queued"
    assert job["progress"] == {"fraction": 0.0, "message": ""}
    assert (job["result"], job["error"], job["attempts"], job["charts"]) == (None, None, 0, [])
    assert (job["started_at"], job["finished_at"]) == (None, None)
    assert job["created_at"].endswith("Z")
    assert api.get(response["Location"]).json() == job


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
def test_the_example_of_each_kind_computes_and_draws(api, kind):
    job = done(api, {"kind": kind.name, "params": kind.example_params})
    assert (job["state"], job["error"], job["attempts"]) == ("succeeded", None, 1)
    assert job["version"] == kind.version
    assert job["progress"]["fraction"] == 1
    assert job["started_at"] <= job["finished_at"]
    kind.result.model_validate(job["result"])
    assert [chart["name"] for chart in job["charts"]] == [chart.name for chart in kind.charts]
    for chart in job["charts"]:
        assert set(chart) == {"name", "title", "json", "svg", "png"}
        spec = api.get(chart["json"])
        assert spec["Content-Type"] == "application/json"
        assert spec.json()["$schema"].endswith("/v6.json")
        assert spec.json()["description"]
        svg = api.get(chart["svg"], headers={"Accept": "image/svg+xml"})
        assert svg["Content-Type"] == "image/svg+xml"
        assert ET.fromstring(svg.content).tag == "{http://www.w3.org/2000/svg}svg"
        png = api.get(chart["png"], headers={"Accept": "image/avif,image/png"})
        assert png["Content-Type"] == "image/png"
        assert png.content.startswith(b"\x89PNG\r\n\x1a\n")


def test_there_is_no_chart_of_an_unknown_name_or_of_a_job_without_result(api):
    queued = submit(api).json()["id"]
    name = get_kind("diagnostic-test").charts[0].name
    problem_of(api.get(f"{JOBS}{queued}/charts/{name}.svg"), 404)
    job = done(api)
    problem_of(api.get(f"{JOBS}{job['id']}/charts/nonsense.svg"), 404)
    problem_of(api.get(f"{JOBS}{job['id']}/charts/{name}.gif"), 404)


def test_a_job_of_a_kind_that_was_taken_away_can_still_be_read(api):
    job = done(api)
    Job.objects.update(kind="taken-away")
    read = api.get(f"{JOBS}{job['id']}/").json()
    assert (read["state"], read["result"], read["charts"]) == ("succeeded", job["result"], [])
    problem_of(api.get(job["charts"][0]["svg"]), 404)


def test_charts_are_drawn_only_by_the_version_that_computed_the_result(api):
    job = done(api)
    assert job["charts"]
    Job.objects.update(version=get_kind("diagnostic-test").version + 1)
    assert api.get(f"{JOBS}{job['id']}/").json()["charts"] == []
    problem_of(api.get(job["charts"][0]["svg"]), 404)


def test_a_chart_is_drawn_once_and_then_known_by_its_etag(api, django_assert_num_queries):
    [chart] = done(api)["charts"]
    first = api.get(chart["svg"])
    assert first["ETag"] != api.get(chart["png"])["ETag"]
    # Neither draws nor reads the result again: one query finds the job.
    with django_assert_num_queries(1) as queries:
        again = api.get(chart["svg"])
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert '"result"' not in queries[0]["sql"]
    with django_assert_num_queries(1):
        known = api.get(chart["svg"], headers={"If-None-Match": first["ETag"]})
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])


def test_a_list_leaves_out_what_is_large(api_as, ada):
    client = api_as(ada)
    small = done(client)
    generate = {"n": 40, "d": 40}
    large = done(client, {"kind": "scaled-dot-product-attention", "params": {"generate": generate}})
    listed = client.get(JOBS).json()["results"]
    assert listed == [large | {"params": None, "result": None}, small]


def test_no_result_is_read_to_say_that_nothing_changed(api, django_assert_num_queries):
    job = done(api)
    etag = api.get(f"{JOBS}{job['id']}/")["ETag"]
    with django_assert_num_queries(1) as queries:
        again = api.get(f"{JOBS}{job['id']}/", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert '"result"' not in queries[0]["sql"]


def test_a_failed_job_says_what_went_wrong(api):
    pk = submit(api).json()["id"]
    Job.objects.update(
        state=State.FAILED,
        error_code="time-limit",
        error_detail="It took too long.",
        finished_at=timezone.now(),
    )
    job = api.get(f"{JOBS}{pk}/").json()
    assert job["error"] == {"code": "time-limit", "detail": "It took too long."}
    assert (job["result"], job["charts"]) == (None, [])


@pytest.mark.parametrize(
    "path", [f"{NOBODYS}/", f"{NOBODYS}/cancel/", f"{NOBODYS}x/", "nonsense/", "1/"]
)
def test_a_job_that_does_not_exist_is_not_found(api, path):
    method = api.post if path.endswith("cancel/") else api.get
    problem_of(method(JOBS + path), 404)


def test_polling_with_an_etag_costs_nothing_until_the_job_changes(api):
    pk = submit(api).json()["id"]
    first = api.get(f"{JOBS}{pk}/")
    etag = first["ETag"]
    assert etag.startswith('"')
    again = api.get(f"{JOBS}{pk}/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    token = Job.objects.claim(pk).attempt
    started = api.get(f"{JOBS}{pk}/", headers={"If-None-Match": etag})
    assert (started.status_code, started.json()["state"]) == (200, "running")
    Job.objects.beat(pk, token, 0.5, "half")
    moved = api.get(f"{JOBS}{pk}/", headers={"If-None-Match": started["ETag"]})
    assert moved.json()["progress"] == {"fraction": 0.5, "message": "half"}
    Job.objects.finish(pk, token, State.SUCCEEDED, result="{}")
    ended = api.get(f"{JOBS}{pk}/", headers={"If-None-Match": moved["ETag"]})
    assert ended.json()["state"] == "succeeded"
    assert len({etag, started["ETag"], moved["ETag"], ended["ETag"]}) == 4


# --- who may do what ----------------------------------------------------------------------------


def test_the_list_is_the_callers_own_and_the_newest_first(api, api_as, ada, bob):
    submit(api)
    jobs = [submit(api_as(ada), BODY | {"label": str(n)}).json()["id"] for n in range(3)]
    submit(api_as(bob))
    listed = api_as(ada).get(JOBS).json()
    assert set(listed) == {"next", "previous", "results"}
    assert [job["id"] for job in listed["results"]] == jobs[::-1]
    assert api.get(JOBS).json() == {"next": None, "previous": None, "results": []}


def test_the_list_goes_on_by_cursor(api_as, ada):
    jobs = [submit(api_as(ada)).json()["id"] for _ in range(5)]
    seen, url = [], f"{JOBS}?page_size=2"
    while url:
        page = api_as(ada).get(url).json()
        seen += [job["id"] for job in page["results"]]
        url = page["next"]
    assert seen == jobs[::-1]


# Of the form of ours, with what is no time in it.
FORGED = base64.b64encode(b"p=notadate").decode()
BAD_CURSORS = ["cursor=nonsense", f"cursor={FORGED}", "cursor=cD0yMDI2LTEzLTAx"]


@pytest.mark.parametrize("query", [*BAD_CURSORS, "page_size=0", "page_size=101", "kind=x"])
def test_a_bad_query_names_its_parameter(api_as, ada, query):
    body = problem_of(api_as(ada).get(f"{JOBS}?{query}"), 400)
    assert body["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


def test_whoever_holds_the_uuid_may_read(api, api_as, ada, bob):
    job = submit(api_as(ada), BODY | {"label": "mine"}).json()
    assert job["label"] == "mine"
    assert api_as(ada).get(f"{JOBS}{job['id']}/").json() == job
    # What somebody calls it is their own affair.
    for stranger in (api, api_as(bob)):
        assert stranger.get(f"{JOBS}{job['id']}/").json() == job | {"label": None}


def test_the_label_of_a_strangers_job_is_for_its_own_address(api):
    job = submit(api, BODY | {"label": "mine"}).json()
    assert api.get(f"{JOBS}{job['id']}/").json()["label"] == "mine"
    elsewhere = api.get(f"{JOBS}{job['id']}/", REMOTE_ADDR="192.0.2.7").json()
    assert elsewhere == job | {"label": None}


def test_a_job_whose_owner_is_gone_has_no_label(api, api_as, ada):
    pk = submit(api_as(ada), BODY | {"label": "mine"}).json()["id"]
    ada.delete()
    assert api.get(f"{JOBS}{pk}/").json()["label"] is None


def test_a_stranger_cannot_cancel_what_has_an_owner(api, api_as, ada, bob):
    pk = submit(api_as(ada)).json()["id"]
    for stranger in (api, api_as(bob)):
        problem_of(stranger.post(f"{JOBS}{pk}/cancel/"), 404)
    assert Job.objects.get(pk=pk).state == State.QUEUED


def test_a_queued_job_is_cancelled_once(api):
    pk = submit(api).json()["id"]
    response = api.post(f"{JOBS}{pk}/cancel/")
    assert response.status_code == 202
    assert response.json()["state"] == "cancelled"
    assert response.json()["finished_at"]
    runner.run_job(pk)
    assert api.get(f"{JOBS}{pk}/").json()["state"] == "cancelled"
    body = problem_of(api.post(f"{JOBS}{pk}/cancel/"), 409)
    assert "ended already" in body["detail"]


def test_a_running_job_is_asked_to_stop(api):
    pk = submit(api).json()["id"]
    token = Job.objects.claim(pk).attempt
    response = api.post(f"{JOBS}{pk}/cancel/")
    assert (response.status_code, response.json()["state"]) == (202, "running")
    assert Job.objects.cancel_wanted(pk, token) is True


def test_an_ended_job_is_not_cancelled(api):
    job = done(api)
    problem_of(api.post(f"{JOBS}{job['id']}/cancel/"), 409)
    assert api.get(f"{JOBS}{job['id']}/").json() == job


def test_no_read_changes_anything(api):
    pk = submit(api).json()["id"]
    before = Job.objects.filter(pk=pk).values().get()
    for path in (f"{JOBS}{pk}/", JOBS, f"{JOBS}{pk}/cancel/"):
        api.get(path)
    assert Job.objects.filter(pk=pk).values().get() == before


# --- requests from other pages ------------------------------------------------------------------


def test_a_page_of_another_origin_may_compute(api):
    origin = {"Origin": "https://notebook.example"}
    asked = api.options(
        JOBS,
        headers=origin
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,prefer",
        },
    )
    assert asked.status_code == 200
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert {"content-type", "prefer"} <= set(
        asked["Access-Control-Allow-Headers"].replace(" ", "").split(",")
    )
    answer = submit(api, **origin)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    exposed = answer["Access-Control-Expose-Headers"].lower()
    assert all(name in exposed for name in ("location", "ratelimit", "retry-after"))
    assert "no-store" in answer["Cache-Control"]
