"""`Idempotency-Key`: work that is asked for twice is begun once."""

import datetime
import json
import uuid

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compute import runner
from compute.models import Job
from compute.work import State
from rest import idempotency
from rest.models import IdempotencyKey
from tests.compute.client import BODY, JOBS, PARAMS, body, done, problem_of, submit

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
pytestmark = pytest.mark.django_db


def send(client, sent=BODY, key=KEY, **headers):
    return submit(client, sent, **{HEADER: key}, **headers)


def pointers(response, status: int) -> list[str]:
    return [error["pointer"] for error in problem_of(response, status)["errors"]]


def is_new(response) -> bool:
    assert response.status_code in (200, 202)
    return REPLAYED not in response


# --- the same request again -----------------------------------------------------------------------


def test_the_first_job_is_the_answer_again_and_no_row_is_made(api):
    first, again = send(api), send(api)
    assert is_new(first)
    assert (again.status_code, again[REPLAYED]) == (202, "true")
    assert again.json() == first.json()
    assert again["Location"] == first["Location"] == f"{JOBS}{first.json()['id']}/"
    assert Job.objects.count() == 1


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
def test_it_is_answered_as_it_stands_now(api, state):
    pk = send(api).json()["id"]
    if state == State.SUCCEEDED:
        runner.run_job(pk)
    else:
        Job.objects.update(state=state, finished_at=timezone.now(), error_code="some")
    again = send(api)
    assert (again.status_code, again[REPLAYED]) == (200, "true")
    assert again.json() == api.get(f"{JOBS}{pk}/").json()
    assert again.json()["state"] == state


def test_it_waits_for_the_end_as_the_client_prefers(api):
    pk = send(api).json()["id"]
    waited = send(api, Prefer="wait=0")
    assert (waited.status_code, waited["Preference-Applied"]) == (202, "wait=0")
    runner.run_job(pk)
    waited = send(api, Prefer="wait=10")
    assert (waited.status_code, waited["Preference-Applied"]) == (200, "wait=10")
    assert waited["Location"] == f"{JOBS}{pk}/"


def test_an_equal_job_that_answered_is_remembered_too(api, api_as, ada):
    job = done(api_as(ada))
    assert is_new(send(api))
    again = send(api)
    assert (again.status_code, again[REPLAYED]) == (200, "true")
    assert again.json() == job
    assert Job.objects.count() == 1


def test_it_costs_nothing_and_meets_no_limit(api, settings):
    first = send(api)
    assert "RateLimit" in first
    settings.LIMITS = settings.LIMITS | {"compute_anonymous": "0", "waiting_anonymous": "0"}
    assert submit(api).status_code == 429
    again = send(api)
    assert again.json() == first.json()
    assert "RateLimit" not in again


def test_it_needs_no_broker(api, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as messages:
        send(api)
    assert len(messages) == 1
    with django_capture_on_commit_callbacks() as messages:
        assert send(api).status_code == 202
    assert messages == []


def test_a_label_is_shown_to_its_owner_again(api_as, ada):
    sent = BODY | {"label": "mine"}
    send(api_as(ada), sent)
    assert send(api_as(ada), sent).json()["label"] == "mine"


# --- what is the same -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(BODY, indent=4),
        json.dumps(dict(reversed(BODY.items())), separators=(",", ":")),
        json.dumps(BODY | {"params": dict(reversed(PARAMS.items()))}),
        json.dumps(BODY).replace("kind", "\\u006bind"),
        json.dumps(BODY).replace("0.01", "1e-2"),
    ],
    ids=["blanks", "order", "order within", "escapes", "exponent"],
)
def test_how_a_body_is_written_makes_no_difference(api, written):
    first = send(api).json()
    headers = {HEADER: KEY}
    again = api.generic("POST", JOBS, written, "application/json", headers=headers)
    assert again[REPLAYED] == "true"
    assert again.json() == first


@pytest.mark.parametrize(
    "other",
    [
        body(1),
        BODY | {"label": "named"},
        BODY | {"label": None},
        BODY | {"kind": "bayes-theorem"},
        # Equal to the first once defaults are filled in, and another body all the same.
        body(0),
    ],
    ids=["params", "label", "null", "kind", "defaults"],
)
def test_another_body_is_a_422_that_names_the_header(api, other):
    first = send(api)
    response = send(api, other)
    assert pointers(response, 422) == [HEADER]
    assert "another body" in response.json()["detail"]
    assert Job.objects.count() == 1
    assert send(api).json() == first.json()


def test_an_infinite_number_is_not_null(api):
    sent = '{"kind": "scaled-dot-product-attention", "params": {"scale": %s, "generate": %s}}'
    generate = '{"n": 2, "m": 2, "d": 2, "seed": 1}'
    post = ("POST", JOBS)
    headers = {HEADER: KEY}
    first = api.generic(*post, sent % ("null", generate), "application/json", headers=headers)
    assert first.status_code == 202
    other = api.generic(*post, sent % ("1e999", generate), "application/json", headers=headers)
    assert pointers(other, 422) == [HEADER]


def test_another_key_is_another_request(api):
    first, second = send(api), send(api, key=KEY.upper())
    assert is_new(second)
    assert second.json()["id"] != first.json()["id"]


def test_the_same_key_of_somebody_else_is_another_key(api, api_as, ada, bob):
    clients = [api, api_as(ada), api_as(bob)]
    jobs = {send(client, body(n)).json()["id"] for n, client in enumerate(clients)}
    elsewhere = api.post(
        JOBS, body(3), format="json", headers={HEADER: KEY}, REMOTE_ADDR="192.0.2.7"
    )
    assert elsewhere.status_code == 202
    assert len(jobs | {elsewhere.json()["id"]}) == 4
    for n, client in enumerate(clients):
        assert send(client, body(n))[REPLAYED] == "true"


def test_a_token_and_a_session_are_one_caller(api_as, client, ada):
    first = send(api_as(ada))
    client.force_login(ada)
    again = client.post(JOBS, BODY, "application/json", headers={HEADER: KEY})
    assert again[REPLAYED] == "true"
    assert again.json() == first.json()


def test_the_same_key_on_another_path_is_another_key(api_as, rf, ada):
    send(api_as(ada))
    request = rf.post("/api/v1/compute/datasets/", headers={HEADER: KEY})
    request.user = ada
    made, headers = idempotency.once(request, BODY, Job.objects.all(), new_job)
    assert headers == {"Some": "header"}
    assert Job.objects.count() == 2
    again = idempotency.once(request, BODY, Job.objects.all(), new_job)
    assert again == (made, {REPLAYED: "true"})
    assert Job.objects.count() == 2


def new_job():
    fields = {"kind": "diagnostic-test", "version": 1, "params": PARAMS, "time_limit": 5}
    return Job.objects.create(**fields), {"Some": "header"}


def test_neither_key_nor_body_is_kept_as_it_was(api):
    send(api)
    row = IdempotencyKey.objects.values().get()
    assert KEY not in str(row)
    assert "diagnostic" not in str(row)
    assert len(row["key"]) == len(row["body"]) == 64


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "a" * 255,
        '"a"',
        f'"{"a" * 255}"',
        '"a b"',
        "a b",
        'a"b',
        "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
    ],
)
def test_a_key_is_bare_or_quoted_printable_ascii(api, key):
    assert is_new(send(api, key=key))
    assert send(api, key=f" {key}\t")[REPLAYED] == "true"


@pytest.mark.parametrize(
    ("quoted", "bare"), [('"a"', "a"), (r'"a\"b"', 'a"b'), (r'"a\\b"', r"a\b"), ('"a b"', "a b")]
)
def test_a_key_in_quotes_is_the_key_without_them(api, quoted, bare):
    send(api, key=quoted)
    assert send(api, key=bare)[REPLAYED] == "true"


@pytest.mark.parametrize(
    "key",
    [
        *(
            "",
            " ",
            '""',
            '"',
            '"a',
            '"a"b',
            '"a\\',
            '"\\a"',
            '"a";b=1',
            "a" * 256,
            f'"{"a" * 256}"',
        ),
        *("é", "a\x00", "a\tb", "a\x7f", "a\xa0", "鍵", "a" * 100_000),
    ],
    ids=lambda key: repr(key[:8]),
)
def test_another_key_is_a_400_that_says_what_would_be_one(api, key):
    response = api.post(JOBS, BODY, format="json", HTTP_IDEMPOTENCY_KEY=key)
    assert pointers(response, 400) == [HEADER]
    assert "1 to 255 printable ASCII characters" in response.json()["detail"]
    assert Job.objects.count() == IdempotencyKey.objects.count() == 0


# --- what keeps no key ----------------------------------------------------------------------------


def test_a_request_without_a_key_asks_nothing_of_the_table(api):
    with CaptureQueriesContext(connection) as queries:
        assert is_new(submit(api))
        assert is_new(submit(api))
    assert not any("idempotency" in query["sql"] for query in queries)
    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (BODY | {"params": {}}, 422),
        (BODY | {"kind": "magic"}, 422),
        (BODY | {"colour": "red"}, 422),
        ({}, 422),
        ([], 422),
    ],
)
def test_a_request_that_was_refused_does_not_use_its_key_up(api, sent, status):
    for _ in range(2):
        assert HEADER not in pointers(send(api, sent), status)
    assert IdempotencyKey.objects.count() == 0
    assert is_new(send(api))
    assert send(api)[REPLAYED] == "true"


def test_a_body_that_is_no_json_does_not_use_its_key_up(api):
    headers = {HEADER: KEY}
    assert api.generic("POST", JOBS, "{", "application/json", headers=headers).status_code == 400
    assert api.generic("POST", JOBS, "a=1", "text/plain", headers=headers).status_code == 415
    assert is_new(send(api))


def test_a_limit_that_was_reached_does_not_use_its_key_up(api, settings):
    limits = settings.LIMITS
    settings.LIMITS = limits | {"compute_anonymous": "0"}
    assert send(api).status_code == 429
    assert IdempotencyKey.objects.count() == 0
    settings.LIMITS = limits
    assert is_new(send(api))


@pytest.mark.parametrize("depth", [100, 300, 900, 1000, 1020])
def test_a_body_of_any_depth_is_a_422(api, depth):
    sent = '{"kind": "diagnostic-test", "params": ' + "[" * depth + "]" * depth + "}"
    response = api.generic("POST", JOBS, sent, "application/json", headers={HEADER: KEY})
    problem_of(response, 422)


def test_a_large_body_may_have_a_key(api):
    rows = [[0.123456789012345] * 300 for _ in range(100)]
    params = {"query": rows, "key": rows, "value": rows, "return_weights": False}
    sent = {"kind": "scaled-dot-product-attention", "params": params}
    assert is_new(send(api, sent))
    assert send(api, sent)[REPLAYED] == "true"
    rows[0][0] = 0.5
    assert pointers(send(api, sent), 422) == [HEADER]


# --- how long -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [BODY, body(1)])
def test_a_key_whose_job_is_gone_is_forgotten_with_it(api, sent):
    first = send(api).json()["id"]
    Job.objects.all().delete()
    response = send(api, sent)
    assert is_new(response)
    assert response.json()["id"] != first
    assert send(api, sent).json() == response.json()
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("sent", [BODY, body(1)])
def test_after_a_day_a_key_is_new_also_before_it_is_deleted(api, sent):
    first = send(api).json()["id"]
    age(hours=23.9)
    assert send(api)[REPLAYED] == "true"
    age(hours=0.2)
    response = send(api, sent)
    assert is_new(response)
    assert response.json()["id"] != first
    assert send(api, sent)[REPLAYED] == "true"


def test_a_refused_request_with_an_old_key_leaves_what_was_there(api):
    send(api)
    age(hours=25)
    assert send(api, BODY | {"params": {}}).status_code == 422
    assert IdempotencyKey.objects.count() == 1


def test_the_sweep_deletes_keys_after_a_day(api):
    send(api, key="old")
    age(hours=24.1)
    send(api, key="new")
    call_command("sweep", "--once")
    assert IdempotencyKey.objects.count() == 1
    assert send(api, key="new")[REPLAYED] == "true"


def test_of_too_many_keys_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(idempotency, "MOST_KEPT", 3)
    now = timezone.now()
    for n in range(1, 6):
        until = now + datetime.timedelta(hours=n)
        IdempotencyKey.objects.create(key=str(n), body="", made=uuid.uuid4(), until=until)
    for _ in range(2):
        idempotency.forget_keys()
        assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"3", "4", "5"}


def age(hours: float) -> None:
    for row in IdempotencyKey.objects.all():
        row.until -= datetime.timedelta(hours=hours)
        row.save()


# --- what is said about it ------------------------------------------------------------------------


def test_other_origins_may_send_the_key_and_read_whether_it_was_replayed(api):
    asked = api.options(
        JOBS,
        headers={
            "Origin": "https://notebook.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,idempotency-key",
        },
    )
    assert "idempotency-key" in asked["Access-Control-Allow-Headers"]
    answer = send(api, Origin="https://notebook.example")
    assert "idempotency-replayed" in answer["Access-Control-Expose-Headers"]


def test_the_schema_says_it(api):
    paths = api.get("/api/schema/?format=json").json()["paths"]
    operation = paths[JOBS]["post"]
    [parameter] = [item for item in operation["parameters"] if item["name"] == HEADER]
    assert parameter["in"] == "header"
    assert "24 hours" in parameter["description"]
    assert HEADER in operation["responses"]["422"]["description"]
    for status in ("200", "202"):
        assert REPLAYED in operation["responses"][status]["headers"]
    others = paths["/api/v1/auth/token/"]["post"]
    assert HEADER not in str(others)
