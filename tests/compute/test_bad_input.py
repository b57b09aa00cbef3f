"""Requests for jobs that are wrong in every way: each is told where, and nothing is queued."""

import copy
import json
import logging
from collections.abc import Iterator

import pytest

from compute import runner
from compute.models import Job
from compute.registry import all_kinds

JOBS = "/api/v1/compute/jobs/"
PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
ATTENTION = {"query": [[1.0, 0.0]], "key": [[1.0, 0.0]], "value": [[2.0, 3.0]]}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_queued_and_nothing_is_logged_as_an_error(caplog, request):
    yield
    if "accepted" not in request.fixturenames:
        assert not Job.objects.exists()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture
def accepted():
    """For a test that accepts what is not wrong after all."""


def post(api, body, content_type="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body)
    return api.post(JOBS, data, content_type=content_type)


def pointers(response, status: int) -> list[str]:
    assert response.status_code == status, response.content[:300]
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["detail"]
    return [error["pointer"] for error in body["errors"]]


def job(params, kind="diagnostic-test", **more) -> dict:
    return {"kind": kind, "params": params, **more}


def attention(**changes) -> dict:
    return job(ATTENTION | changes, "scaled-dot-product-attention")


@pytest.mark.parametrize("kind", ["tea-leaves", "", None, 7, [], {}, "x" * 100, "a\0b", "é/~"])
def test_an_unknown_kind_is_named(api, kind):
    assert pointers(post(api, job(PARAMS, kind)), 422) == ["/kind"]


def test_what_is_missing_is_named(api):
    assert pointers(post(api, {}), 422) == ["/kind", "/params"]
    assert pointers(post(api, {"kind": "diagnostic-test"}), 422) == ["/params"]
    assert pointers(post(api, job({"prevalence": 0.5, "sensitivity": 1})), 422) == [
        "/params/specificity"
    ]


def test_what_is_unknown_is_named(api):
    assert pointers(post(api, job(PARAMS, colour="red")), 422) == ["/colour"]
    assert pointers(post(api, job(PARAMS, **{"a.b/c~d": 1})), 422) == ["/a.b~1c~0d"]
    assert pointers(post(api, job(PARAMS | {"mood": "good"})), 422) == ["/params/mood"]
    assert pointers(post(api, job(PARAMS | {"a/b~c": 1})), 422) == ["/params/a~1b~0c"]


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5], {}, 1.5, -1])
def test_a_parameter_of_a_wrong_type_or_size_is_named(api, value):
    assert pointers(post(api, job(PARAMS | {"prevalence": value})), 422) == ["/params/prevalence"]


@pytest.mark.parametrize("params", [None, 7, "text", [], [PARAMS], True, 0.5])
def test_parameters_must_be_an_object(api, params):
    assert pointers(post(api, job(params)), 422) == ["/params"]


@pytest.mark.parametrize("body", [[], [1], 7, "text", None, True])
def test_the_body_must_be_an_object(api, body):
    assert pointers(post(api, body), 422) != []


def test_a_body_that_is_empty_lacks_everything(api):
    assert pointers(post(api, b""), 422) == ["/kind", "/params"]


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"kind": "diagnostic-test", "params": {"prevalence": NaN}}',
        b'{"kind": "diagnostic-test", "params": {"prevalence": Infinity}}',
        b'{"kind": "diagnostic-test", "params": {"prevalence": 1e999, "x": NaN}}',
        b'{"kind": "diagnostic-test", "params": {"prevalence": 1e999}',
        b'{"kind": "\\ud800", "params": {}}',
        b'{"kind": "\\ud800", "params": {"prevalence": 1e999}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"kind": 1e999, "params": ' + b"[" * 100_000,
        b'{"kind": 1e999, "params": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"kind": "diagnostic-test", "params": {}} {}',
    ],
    ids=lambda body: body[:30].decode("latin-1") + f"… {len(body)}",
)
def test_a_body_that_is_not_json_is_a_400_without_a_pointer(api, body):
    assert pointers(post(api, body), 400) == []


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "9" * 5000])
def test_a_number_beyond_a_floats_range_is_named(api, number):
    for place, body in (
        ("/params/prevalence", job(PARAMS | {"prevalence": "NUMBER"})),
        ("/params/query/0/1", attention(query=[[1.0, "NUMBER"]])),
        ("/params", job("NUMBER")),
        ("/kind", job(PARAMS, "NUMBER")),
        ("/label", job(PARAMS, label=["NUMBER"])),
        ("/extra", job(PARAMS, extra="NUMBER")),
    ):
        data = json.dumps(body).replace('"NUMBER"', number).encode()
        assert pointers(post(api, data), 422) == [place]


def test_an_array_is_told_which_of_its_rows_is_wrong(api):
    assert pointers(post(api, attention(query=[[1.0, 0.0], [1.0]])), 422) == ["/params/query/1"]
    assert pointers(post(api, attention(key=[[1.0, "0"]])), 422) == ["/params/key/0/1"]
    assert pointers(post(api, attention(value=[])), 422) == ["/params/value"]
    assert pointers(post(api, attention(value=[[]])), 422) == ["/params/value/0"]
    assert pointers(post(api, attention(value=7)), 422) == ["/params/value"]


def test_shapes_that_do_not_fit_one_another_are_named(api):
    assert pointers(post(api, attention(key=[[1.0]])), 422)[0].startswith("/params/")
    assert pointers(post(api, attention(value=[[1.0], [2.0]])), 422)[0].startswith("/params/")
    assert pointers(post(api, attention(mask=[[True, False]])), 422)[0].startswith("/params/mask")
    heads = job({"text": "a b", "d_model": 6, "num_heads": 4, "seed": 0}, "multi-head-attention")
    assert pointers(post(api, heads), 422)[0].startswith("/params")


def test_an_array_above_the_limit_is_named(api):
    rows = [[0.0]] * 513
    assert pointers(post(api, attention(query=rows)), 422) == ["/params/query"]
    wide = [[0.0] * 513]
    assert "/params/query/0" in pointers(post(api, attention(query=wide, key=wide)), 422)


def test_a_body_over_two_megabytes_is_not_read(api):
    assert pointers(post(api, job(PARAMS, label="x" * 2_000_000)), 413) == []
    assert pointers(post(api, b"[" * 3_000_000), 413) == []


def test_a_body_of_just_two_megabytes_is_read(api):
    body = json.dumps(job(PARAMS, "tea-leaves")).encode()
    assert pointers(post(api, body.ljust(2_000_000)), 422) == ["/kind"]
    assert pointers(post(api, body.ljust(2_000_001)), 413) == []


@pytest.mark.parametrize("label", ["a\0b", "x" * 201, {}, [], ["x"]])
def test_a_label_that_is_no_short_text_is_named(api, label):
    assert pointers(post(api, job(PARAMS, label=label)), 422) == ["/label"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_another_media_type_is_refused(api, media_type):
    response = api.generic("POST", JOBS, json.dumps(job(PARAMS)), content_type=media_type)
    assert pointers(response, 415) == []


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_job_is_never_edited(api, method):
    path = f"{JOBS}0b9f4c1e-5d0c-4f3e-9a53-7f2d9a1c2b11/"
    for address in (JOBS, path):
        assert pointers(getattr(api, method)(address, {}, format="json"), 405) == []


def test_a_token_of_nobody_is_refused(api):
    for header in ("Token nonsense", "Token", "Token a b", "Token é\0", "Bearer x"):
        response = api.post(JOBS, job(PARAMS), format="json", headers={"Authorization": header})
        if not header.startswith("Bearer"):
            assert pointers(response, 401) == []
            assert response["WWW-Authenticate"]
    Job.objects.all().delete()


@pytest.mark.parametrize(
    "path", ["\0", "%00", "jobs/%00/", "jobs/\ufffd/", "kinds/%00/", "x" * 5000]
)
def test_a_path_that_leads_nowhere_is_not_found(api, path):
    assert pointers(api.get(f"/api/v1/compute/{path}"), 404) == []


@pytest.mark.parametrize("query", ["colour=red", "page=2", "%00=1", "cursor=%00", "=1"])
def test_an_unknown_filter_is_named(api, query):
    found = pointers(api.get(f"{JOBS}?{query}"), 400)
    assert len(found) == 1
    assert found[0].startswith("?")


# --- every place of every kind ------------------------------------------------------------------

NASTY = [
    *(None, True, 0, -1, 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, 5e-324),
    *(
        "",
        "x",
        "a\0b",
        "\u202e😀",
        "x" * 3000,
        [],
        [None],
        [[]],
        [[[[]]]],
        {},
        {"": {}},
        {"a": [1]},
    ),
    *([0.5] * 3, [[1.0, 2.0], [3.0]], [1e308, -1e308], ["0"], [True]),
]


def places(node, path=()) -> Iterator[tuple]:
    """Every place in parameters: each key, and the first item of each list."""
    children = node.items() if isinstance(node, dict) else enumerate(node[:1])
    for name, child in children:
        yield (*path, name)
        if isinstance(child, dict | list):
            yield from places(child, (*path, name))


def replaced(params: dict, path: tuple, value: object) -> dict:
    params = copy.deepcopy(params)
    node = params
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value
    return params


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
def test_whatever_stands_anywhere_is_refused_by_its_place_or_computed(
    api, settings, accepted, kind
):
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "off"}
    examples = [kind.example_params]
    for example in examples:
        for path in [*places(example), ("seed",), ("scale",), ("mask",), ("text",)]:
            for value in NASTY:
                body = job(replaced(example, path, value), kind.name)
                response = post(api, body)
                if response.status_code in (200, 202):
                    pk = response.json()["id"]
                    runner.run_job(pk)
                    ended = api.get(f"{JOBS}{pk}/").json()
                    code = ended["error"] and ended["error"]["code"]
                    assert code in (None, "failed"), (path, value, ended["error"])
                    for chart in ended["charts"]:
                        assert api.get(chart["json"]).status_code == 200, (path, value)
                else:
                    found = pointers(response, 422)
                    assert found, (path, value)
                    assert all(place.startswith("/params") for place in found), (path, value)
