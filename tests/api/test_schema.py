"""The OpenAPI schema: what it promises, and schemathesis holding the application against it."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, settings
from knox.models import AuthToken
from schemathesis.specs.openapi.checks import positive_data_acceptance

from compute import runner
from compute.registry import all_kinds
from config.wsgi import application
from kb.loading import ENTRY_MODELS
from problems.models import Problem

SCHEMA = "/api/schema/?format=json"
METHODS = {"get", "put", "post", "delete", "patch"}
# Every check of schemathesis runs against every operation, save one: in these, JSON Schema cannot
# say what fits, so that a request that it allows may still be refused (with a documented answer).
NOT_SAID_BY_THE_SCHEMA = {
    "POST /api/v1/compute/jobs/": "the parameters depend on the kind; each kind has its own schema",
    "GET /api/v1/compute/jobs/": "a cursor is one of those that an answer gave",
    "GET /api/v1/compute/datasets/": "a cursor is one of those that an answer gave",
    "GET /api/v1/submissions/": "a cursor is one of an answer, and a filter names problems",
    "GET /api/v1/me/log/": "a cursor is one of those that an answer gave",
    "PUT /api/v1/me/topics/{slug}/": "the sections are those of the topic",
    "POST /api/v1/me/topics/{slug}/answers/": "the questions are those of the topic",
    "POST /api/v1/problems/{slug}/run/": "the arguments depend on the problem's function",
    "POST /api/v1/compute/datasets/": "what is in a CSV file is said in words",
    "GET /api/v1/case-studies/": "a filter names companies and techniques that are published",
    "GET /api/v1/case-studies/compare/": "the slugs are those of published cases",
    "GET /api/v1/claims/": "a filter names companies, cases and quantities; a range needs one",
    "GET /api/v1/topics/": "a filter names plans and techniques that are published",
    "GET /api/v1/problems/": "a filter names topics and techniques that are published",
}
BOUNDED = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

schema = schemathesis.openapi.from_wsgi(SCHEMA, application)


@pytest.fixture(autouse=True)
def _connection_of_the_test():
    """The requests share the test's transaction; Django's own client leaves it open as well."""
    for request_signal in (request_started, request_finished):
        request_signal.disconnect(close_old_connections)
    yield
    for request_signal in (request_started, request_finished):
        request_signal.connect(close_old_connections)


@pytest.fixture
def key(ada):
    """A token of Ada's."""
    return AuthToken.objects.create(user=ada)[1]


def excluded(operation) -> list:
    return [positive_data_acceptance] if operation.label in NOT_SAID_BY_THE_SCHEMA else []


@schema.parametrize()
@BOUNDED
def test_a_stranger_meets_only_what_the_schema_says(case, shipped):
    case.call_and_validate(excluded_checks=excluded(case.operation))


@schema.parametrize()
@BOUNDED
def test_a_learner_meets_only_what_the_schema_says(case, shipped, key):
    headers = {"Authorization": f"Token {key}"}
    case.call_and_validate(headers=headers, excluded_checks=excluded(case.operation))


def answered(path: str, **path_parameters):
    """The answer of a GET, held against the schema."""
    case = schema[path]["GET"].Case(path_parameters=path_parameters)
    response = case.call()
    assert response.status_code == 200, path_parameters
    case.validate_response(response)
    return response


COLLECTIONS = {
    "case-study": "case-studies",
    "company": "companies",
    "technique": "techniques",
    "study-plan": "study-plans",
    "topic": "topics",
    "problem": "problems",
}


@pytest.mark.parametrize("model", [*ENTRY_MODELS.values(), Problem], ids=lambda model: model.TYPE)
def test_every_shipped_entry_is_answered_as_the_schema_says(shipped, model):
    collection = COLLECTIONS[model.TYPE]
    answered(f"/api/v1/{collection}/")
    for slug in model.objects.published().values_list("slug", flat=True):
        answered(f"/api/v1/{collection}/{{slug}}/", slug=slug)
        if model.TYPE in ("case-study", "topic", "problem"):
            answered(f"/api/v1/{collection}/{{slug}}.md", slug=slug)


@pytest.mark.parametrize("kind", [kind.name for kind in all_kinds()])
def test_the_example_of_each_kind_is_answered_as_the_schema_says(db, kind):
    example = answered("/api/v1/compute/kinds/{kind}/", kind=kind).json()["example_params"]
    case = schema["/api/v1/compute/jobs/"]["POST"].Case(
        body={"kind": kind, "params": example}, media_type="application/json"
    )
    response = case.call_and_validate()
    assert response.status_code == 202
    job = response.json()["id"]
    answered("/api/v1/compute/jobs/{id}/", id=job)
    runner.run_job(job)
    finished = answered("/api/v1/compute/jobs/{id}/", id=job).json()
    assert finished["state"] == "succeeded"
    for chart in finished["charts"]:
        for form in ("json", "svg", "png"):
            answered(
                "/api/v1/compute/jobs/{id}/charts/{name}.{form}",
                id=job,
                name=chart["name"],
                form=form,
            )


@pytest.fixture
def document(db, api):
    return api.get(SCHEMA).json()


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def test_it_is_a_valid_schema_of_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)


def test_it_comes_as_json_and_as_yaml(api):
    assert api.get(SCHEMA)["Content-Type"].startswith("application/vnd.oai.openapi+json")
    as_json = api.get("/api/schema/", HTTP_ACCEPT="application/json")
    assert as_json.status_code == 200
    assert as_json.json()["openapi"].startswith("3.1")
    assert api.get("/api/schema/").content.startswith(b"openapi: 3.1")


def test_the_reference_pages_are_there(client):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    assert b"/api/schema/" in response.content


def test_every_operation_has_a_summary_its_errors_and_its_auth(document):
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["security"], name
        responses = operation["responses"]
        assert {"400", "401", "404", "406"} <= set(responses), name
        for code, response in responses.items():
            if code >= "400":
                assert list(response["content"]) == ["application/problem+json"], (name, code)
        if not name.startswith("GET"):
            assert {"403", "409", "413", "415", "422", "429"} <= set(responses), name


def test_every_answer_and_every_body_has_an_example(document):
    for name, operation in operations(document):
        good = [response for code, response in operation["responses"].items() if code[0] == "2"]
        contents = [response["content"] for response in good if "content" in response]
        if "requestBody" in operation:
            contents.append(operation["requestBody"]["content"])
        for content in contents:
            assert any("examples" in media or "example" in media for media in content.values()), (
                name
            )


def test_only_operations_that_exist_are_excepted(document):
    assert set(NOT_SAID_BY_THE_SCHEMA) <= {name for name, _ in operations(document)}


def test_every_path_of_the_api_is_in_the_schema(document, api):
    collections = api.get("/api/v1/").json()["collections"]
    assert set(collections.values()) <= set(document["paths"])
