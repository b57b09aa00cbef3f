"""Request ids and the line of each request in the log."""

import json
import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from compute.models import Job
from config.logs import FIELDS, formatter
from rest.access import HEADER, LONGEST_PATH, current_request_id
from tests.compute.client import BODY, JOBS, body, submit

pytestmark = pytest.mark.django_db

SECRET = "?token=not-for-the-log"


@pytest.fixture
def lines(caplog):
    """The lines of the log as they are written: JSON, in the context that they were logged in."""
    written, form = [], formatter("json")

    class Written(logging.Handler):
        def emit(self, record):
            written.append(json.loads(form.format(record)))

    handler = Written()
    logging.getLogger().addHandler(handler)
    caplog.set_level("INFO")
    yield written
    logging.getLogger().removeHandler(handler)


def access(lines) -> list[dict]:
    return [line for line in lines if line["logger"] == "rest.access"]


def test_every_answer_has_an_id_of_its_own(client):
    first, second = (client.get("/healthz")[HEADER] for _ in range(2))
    assert first != second
    assert len(first) == 32


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "x" * 64])
def test_a_client_may_name_its_request(client, given):
    assert client.get("/healthz", headers={HEADER: given})[HEADER] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "ü", "a\tb", 'a"b', "a\u2028b", "a/b"])
def test_names_that_are_long_or_not_plain_are_replaced(client, given):
    answered = client.get("/healthz", headers={HEADER: given})[HEADER]
    assert answered != given
    assert len(answered) == 32


def test_one_line_says_how_a_request_was_answered_and_leaves_the_query_out(client, lines, ada):
    client.force_login(ada)
    response = client.get(f"/api/v1/me/{SECRET}", headers={HEADER: "mine"})
    [line] = access(lines)
    assert line.pop("milliseconds") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "Answered.",
        "level": "info",
        "logger": "rest.access",
        "method": "GET",
        "path": "/api/v1/me/",
        "status": response.status_code,
        "user": ada.pk,
        "request_id": "mine",
    }


def test_whoever_is_known_by_a_token_is_named_by_number_alone(api_as, ada, lines):
    Client().get("/healthz")
    client = Client()
    key = client.post(
        "/api/v1/auth/token/",
        {"username": "ada", "password": "correct horse battery staple"},
        content_type="application/json",
    ).json()["token"]
    client.get("/api/v1/me/", headers={"Authorization": f"Token {key}"})
    assert access(lines)[-1]["user"] == ada.pk
    assert access(lines)[0]["user"] is None
    assert '"ada"' not in json.dumps(access(lines))


def test_the_line_asks_nothing_of_the_database(client, ada, django_assert_num_queries):
    client.force_login(ada)
    with django_assert_num_queries(0):
        client.get("/healthz")


def test_static_files_and_answers_from_the_cache_write_no_line(client, lines, shipped):
    client.get("/static/build/favicon.svg")
    assert access(lines) == []
    client.get("/api/v1/topics/")
    assert len(access(lines)) == 1
    client.get("/api/v1/topics/")
    assert len(access(lines)) == 1


def test_an_answer_from_the_cache_has_not_the_id_of_whoever_asked_first(client, shipped):
    first = client.get("/api/v1/topics/", headers={HEADER: "first"})
    second = client.get("/api/v1/topics/", headers={HEADER: "second"})
    assert first[HEADER] == "first"
    assert HEADER not in second
    assert first.content == second.content


def test_a_job_keeps_the_id_of_the_request_that_made_it(api):
    made = submit(api, body(), **{HEADER: "order-17"})
    assert made[HEADER] == "order-17"
    assert Job.objects.get().request_id == "order-17"


def test_scripts_of_other_sites_may_send_and_read_it(client):
    asked = client.options(
        JOBS, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert "x-request-id" in asked["Access-Control-Allow-Headers"]
    answer = client.get(JOBS, headers={"Origin": "https://a.example"})
    assert "x-request-id" in answer["Access-Control-Expose-Headers"]


def test_what_fails_in_the_server_tells_its_id_to_the_client_and_to_the_log(lines, monkeypatch):
    def broken(**_):
        raise RuntimeError("a secret of the server")

    monkeypatch.setattr("compute.services.submit_job", broken)
    client = Client(raise_request_exception=False)
    response = client.post(
        JOBS, BODY, content_type="application/json", headers={HEADER: "quote-me"}
    )
    assert response.status_code == 500
    assert response.json()["request_id"] == "quote-me"
    assert "secret" not in response.content.decode()
    failed = [line for line in lines if line["level"] == "error"]
    assert failed
    assert all(line["request_id"] == "quote-me" for line in failed)
    assert any("RuntimeError" in line.get("exception", "") for line in failed)


def test_a_refusal_is_the_clients_affair_and_has_no_id_in_its_body(api):
    assert "request_id" not in api.post(JOBS, {}, format="json").json()


def test_after_the_request_the_thread_is_nobodys(client):
    client.get("/healthz", headers={HEADER: "mine"})
    assert current_request_id() == ""


def test_a_path_of_any_length_and_any_bytes_is_one_line(client, lines):
    client.get("/" + "a" * 5_000)
    client.get("/%ff%0aforged%00")
    assert [len(line["path"]) <= LONGEST_PATH for line in access(lines)] == [True, True]


def test_names_passwords_and_parameters_are_in_no_line(client, lines):
    User.objects.create_user("wilhelmina", "w@example.org", "a very long secret")
    client.post(reverse("sign-in"), {"username": "wilhelmina", "password": "wrong and secret"})
    client.post(JOBS, BODY | {"label": "my private label"}, content_type="application/json")
    text = json.dumps(lines)
    for word in ("wilhelmina", "secret", "private", "example.org", "prevalence", "127.0.0.1"):
        assert word not in text
    assert not {"username", "params", "address"} & set(FIELDS)
