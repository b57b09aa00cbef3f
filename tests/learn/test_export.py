"""The export holds all that is somebody's, and nothing of anybody else."""

import json
import tracemalloc

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone

from compute.models import Dataset
from config.wsgi import application
from learn.export import CHUNK, TOKEN_PREFIX, export_of
from problems.models import EarlierJudgement, Submission
from tests.belongings import (
    MAKERS,
    NEVER_USED,
    NUMBER,
    SECRET,
    SHARED,
    relations,
)
from tests.conftest import PASSWORD
from tests.problems.client import judged

EXPORT = "/api/v1/me/export/"
# Where in the document a row of each relation is found, and by what.
WHERE = {
    "admin.LogEntry.user": ("admin_log", SHARED),
    "auth.User_groups.user": ("account", f"{SHARED} role"),
    "auth.User_user_permissions.user": ("account", f"auth.{SHARED}_right"),
    "knox.AuthToken.user": ("tokens", "prefix"),
    "account.EmailAddress.user": ("email_addresses", SECRET),
    "compute.Dataset.owner": ("datasets", f"{SECRET} film"),
    "compute.Job.owner": ("jobs", SECRET),
    "problems.Submission.owner": ("submissions", f"# {SECRET}"),
    "problems.EarlierJudgement.submission": ("submissions", '"verdict": "time_limit"'),
    "problems.Explanation.owner": ("submissions", "a-small-model"),
    "problems.Explanation.submission": ("submissions", "a-small-model"),
    "problems.HintReveal.owner": ("hints", str(NUMBER)),
    "problems.GaveUp.owner": ("given_up", str(NUMBER)),
    "learn.TopicProgress.owner": ("topics", SECRET),
    "learn.CheckAnswer.owner": ("answers", SECRET),
    "kb.Company.author": ("entries", f"{SHARED}-company"),
    "kb.Technique.author": ("entries", f"{SHARED}-technique"),
    "kb.StudyPlan.author": ("entries", f"{SHARED}-studyplan"),
    "kb.Topic.author": ("entries", f"{SHARED}-topic"),
    "kb.CaseStudy.author": ("entries", f"{SHARED}-casestudy"),
    "problems.Problem.author": ("entries", f"{SHARED}-problem"),
    "kb.Revision.author": ("revisions", f"{SHARED}-author"),
    "kb.Revision.reviewer": ("revisions", f"{SHARED}-reviewer"),
}
NOT_EXPORTED = NEVER_USED | {
    "account.EmailConfirmation.email_address": "a secret that was sent to the address, for days",
    "compute.Item.job": "an intermediate result, which goes when its job has ended",
    "kb.Editing.user": "that a form is open; gone minutes after it is closed",
}
pytestmark = pytest.mark.usefixtures("shipped", "media")


def exported(user) -> dict:
    return json.loads(b"".join(export_of(user)))


def test_each_way_to_be_somebodys_is_exported_or_has_a_reason(db):
    ways = set(relations())
    assert ways == set(MAKERS) | set(NEVER_USED)
    assert ways == set(WHERE) | set(NOT_EXPORTED)
    assert not set(WHERE) & set(NOT_EXPORTED)


def test_everything_of_its_owner_is_in_it(things):
    document = exported(things.owner)
    for name, (section, text) in WHERE.items():
        assert text in json.dumps(document[section]), name


def test_it_says_who_one_is(ada, client):
    client.login(username="ada", password=PASSWORD)
    ada.refresh_from_db()
    account = exported(ada)["account"]
    assert account["username"] == "ada"
    assert account["joined_at"] == ada.date_joined.isoformat().replace("+00:00", "Z")
    assert account["last_sign_in_at"] == ada.last_login.isoformat().replace("+00:00", "Z")


def test_a_submission_is_in_it_whole(things):
    [found] = exported(things.owner)["submissions"]
    row = things.submission
    for name in ("code", "arguments", "verdict", "score", "tests", "diagnosis", "problem_version"):
        assert found[name] == getattr(row, name), name
    assert found["problem"] == row.problem.slug
    assert (found["state"], found["mode"], found["error"]) == ("succeeded", "submit", None)
    [earlier] = found["earlier"]
    assert (earlier["problem_version"], earlier["verdict"]) == (0, "time_limit")
    assert found["explanation"]["text"] == SECRET


def test_the_ratings_of_a_dataset_can_be_read_back(things):
    [dataset] = exported(things.owner)["datasets"]
    assert dataset["columns"] == ["user", "item", "rating"]
    assert dataset["ratings"] == [
        [f"{SECRET} viewer", f"{SECRET} film", 4.5],
        ["another", f"{SECRET} film", 3.0],
    ]


def test_a_dataset_whose_file_is_gone_is_said_to_have_no_ratings(things, settings):
    for path in settings.MEDIA_ROOT.rglob("*.npz"):
        path.unlink()
    [dataset] = exported(things.owner)["datasets"]
    assert dataset["ratings"] is None


def test_a_dataset_that_has_expired_is_no_longer_there(things):
    Dataset.objects.update(expires_at=timezone.now())
    assert exported(things.owner)["datasets"] == []


def test_the_result_of_a_job_is_the_object_that_it_is(things):
    jobs = {job["id"]: job for job in exported(things.owner)["jobs"]}
    assert jobs[str(things.job.pk)]["result"] == {"note": SHARED}
    assert jobs[str(things.running_job.pk)]["result"] is None
    assert {job["label"] for job in jobs.values()} == {SECRET}


def test_nothing_in_it_opens_anything(things):
    text = json.dumps(exported(things.owner))
    [token] = exported(things.owner)["tokens"]
    assert token["prefix"] == things.token[:TOKEN_PREFIX]
    row = things.rows["knox.AuthToken.user"]
    for secret in (things.token[: TOKEN_PREFIX + 1], row.digest, things.owner.password, PASSWORD):
        assert secret not in text
    assert f"{SECRET}-confirmation" not in text


def test_it_holds_nothing_of_anybody_else(things, bob):
    document = exported(bob)
    assert SECRET not in json.dumps(document)
    assert SHARED not in json.dumps(document)
    assert {name for name, rows in document.items() if rows == []} >= {"submissions", "jobs"}


def test_an_account_that_has_nothing_is_a_document_too(bob):
    document = exported(bob)
    lists = {name: rows for name, rows in document.items() if isinstance(rows, list)}
    assert lists
    assert not any(lists.values())


def test_it_is_a_file_for_its_owner_alone(api_as, ada, api):
    response = api_as(ada).get(EXPORT)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Type"] == "application/json"
    today = f"{timezone.now():%Y-%m-%d}"
    assert response["Content-Disposition"] == f'attachment; filename="casebook-ada-{today}.json"'
    assert json.loads(response.getvalue())["account"]["username"] == "ada"
    assert api.get(EXPORT).status_code == 401


def test_a_name_of_any_letters_makes_a_file_name(api_as, ada):
    ada.username = "Åda"
    ada.save()
    assert "filename*=utf-8''casebook-%C3%85da" in api_as(ada).get(EXPORT)["Content-Disposition"]


def test_a_head_makes_nothing(api_as, ada, django_assert_max_num_queries):
    with django_assert_max_num_queries(0):
        response = api_as(ada).head(EXPORT)
    assert response.status_code == 200
    assert response.getvalue() == b""


def test_it_takes_no_parameters(api_as, ada):
    assert api_as(ada).get(f"{EXPORT}?page=2").status_code == 400


def test_thousands_of_rows_are_read_a_few_at_a_time(ada):
    first = judged(ada, code="#" * 20_000, tests=[{"stdout": "s" * 20_000}])
    fields = {
        one.attname: getattr(first, one.attname)
        for one in Submission._meta.concrete_fields
        if not one.primary_key
    }
    Submission.objects.bulk_create([Submission(**fields) for _ in range(2999)])
    EarlierJudgement.objects.create(
        submission=first, problem_version=0, verdict="accepted", score=1
    )
    size, longest = 0, 0
    tracemalloc.start()
    for piece in export_of(ada):
        size, longest = size + len(piece), max(longest, len(piece))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 3000 * 40_000
    assert longest < 3 * CHUNK
    # Of 120 MB, and what waits for the collector of Python.
    assert peak < 40_000_000


def test_it_is_as_the_schema_says(things):
    """With a row of each kind, where schemathesis only ever sees an account that is empty."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
        case = schema[EXPORT]["GET"].Case(headers={"Authorization": f"Token {things.token}"})
        response = case.call_and_validate()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    assert response.status_code == 200
    assert response.json()["submissions"]
