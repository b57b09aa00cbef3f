"""Submissions over the API, up to the queue: who may, what is refused, who sees them."""

import uuid

import pytest
from django.contrib.auth.models import User

from compute.work import State
from problems.models import GaveUp, Problem, Submission
from problems.submissions import MOST_CODE_BYTES, count_acceptance
from tests.problems.client import (
    ARGUMENTS,
    CODE,
    FIELDS,
    PROBLEM,
    SLUG,
    SUBMISSIONS,
    judged,
    pointers,
    problem_of,
    submit,
)

pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture
def learner(api_as, ada):
    return api_as(ada)


def test_a_submission_is_queued_and_found_again(learner, ada):
    response = submit(learner)
    body = response.json()
    assert response.status_code == 202
    assert response["Location"] == f"{SUBMISSIONS}{body['id']}/"
    assert set(body) == FIELDS
    expected = {"problem": SLUG, "problem_version": 1, "mode": "submit", "code": CODE}
    expected |= {"state": "queued", "verdict": None, "score": None, "tests": []}
    expected |= {"diagnosis": None, "error": None, "memory_mb": None, "finished_at": None}
    assert {name: body[name] for name in expected} == expected
    assert learner.get(response["Location"]).json() == body
    row = Submission.objects.get()
    assert (row.owner, row.arguments) == (ada, None)


def test_a_run_is_a_submission_of_its_own_mode(learner):
    assert submit(learner, mode="run").json()["mode"] == "run"
    assert submit(learner, mode="run", arguments=ARGUMENTS).json()["mode"] == "run"
    assert submit(learner, mode="run", arguments=None).json()["mode"] == "run"
    kept = Submission.objects.order_by("created_at").values_list("arguments", flat=True)
    assert list(kept) == [None, ARGUMENTS, None]


def test_the_list_has_what_one_submitted_newest_first_without_what_is_large(learner):
    ids = [submit(learner, mode=mode).json()["id"] for mode in ("run", "submissions", "run")]
    body = learner.get(SUBMISSIONS).json()
    assert set(body) == {"next", "previous", "results"}
    assert [item["id"] for item in body["results"]] == ids[::-1]
    assert all(set(item) == FIELDS for item in body["results"])
    assert {(item["code"], item["tests"]) for item in body["results"]} == {(None, None)}
    first = learner.get(f"{SUBMISSIONS}?page_size=2").json()
    rest = learner.get(first["next"]).json()
    assert [item["id"] for item in first["results"] + rest["results"]] == ids[::-1]
    assert rest["next"] is None


def test_the_list_is_filtered(learner, ada):
    submit(learner, mode="run")
    right, wrong = judged(ada), judged(ada, "wrong_answer")
    other = judged(ada, "time_limit", slug="softmax")

    def found(query: str) -> set[str]:
        return {item["id"] for item in learner.get(f"{SUBMISSIONS}?{query}").json()["results"]}

    everything = {str(pk) for pk in Submission.objects.values_list("pk", flat=True)}
    assert found("") == everything
    assert found("mode=run,submit") == everything
    assert found("state=succeeded&mode=submit") == {str(row.pk) for row in (right, wrong, other)}
    assert found("verdict=wrong_answer,time_limit") == {str(wrong.pk), str(other.pk)}
    assert found(f"problem={SLUG}&verdict=accepted") == {str(right.pk)}
    assert found("problem=softmax") == {str(other.pk)}


@pytest.mark.parametrize(
    "query", ["mode=walk", "state=done", "verdict=right", "problem=none", "page=1", "cursor=x"]
)
def test_a_filter_that_cannot_be_is_a_400_that_names_it(learner, query):
    body = problem_of(learner.get(f"{SUBMISSIONS}?{query}"), 400)
    assert body["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


# --- who may, and who sees it --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["run/", "submissions/", "give-up/"])
def test_a_stranger_begins_nothing(api, path):
    response = api.post(f"{PROBLEM}{path}", {"code": CODE}, format="json")
    problem_of(response, 401)
    assert response["WWW-Authenticate"] == "Token"
    assert not Submission.objects.exists()


@pytest.mark.parametrize("path", [SUBMISSIONS, f"{SUBMISSIONS}{uuid.UUID(int=7)}/"])
def test_a_stranger_reads_nothing(api, path):
    problem_of(api.get(path), 401)


def test_what_somebody_else_submitted_is_not_found(api, api_as, learner, bob, cora, admin):
    pk = submit(learner).json()["id"]
    for client in (api_as(bob), api_as(cora), api_as(admin)):
        problem_of(client.get(f"{SUBMISSIONS}{pk}/"), 404)
        problem_of(client.post(f"{SUBMISSIONS}{pk}/cancel/"), 404)
        assert client.get(SUBMISSIONS).json()["results"] == []
    problem_of(api.get(f"{SUBMISSIONS}{pk}/"), 401)
    problem_of(api.post(f"{SUBMISSIONS}{pk}/cancel/"), 401)
    assert Submission.objects.get(pk=pk).state == "queued"


def test_answers_are_private(learner, ada):
    for response in (submit(learner), learner.get(SUBMISSIONS)):
        assert response["Cache-Control"] == "private, no-store"
    row = judged(ada)
    assert learner.get(f"{SUBMISSIONS}{row.pk}/")["Cache-Control"] == "private, no-cache"


def test_a_problem_that_is_not_published_takes_no_code(learner):
    Problem.objects.filter(slug=SLUG).update(state="draft")
    problem_of(submit(learner), 404)
    problem_of(submit(learner, slug="no-such-problem"), 404)


def test_a_deleted_account_takes_its_submissions_along(learner, ada, bob):
    submit(learner)
    judged(ada)
    kept = judged(bob)
    GaveUp.objects.create(owner=ada, problem=kept.problem)
    ada.delete()
    assert list(Submission.objects.all()) == [kept]
    assert not GaveUp.objects.exists()


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["/code"]),
        ({"code": None}, ["/code"]),
        ({"code": 7}, ["/code"]),
        ({"code": ["x"]}, ["/code"]),
        ({"code": "x = 1\0"}, ["/code"]),
        ({"code": "x" * (MOST_CODE_BYTES + 1)}, ["/code"]),
        ({"code": "é" * (MOST_CODE_BYTES // 2 + 1)}, ["/code"]),
        ({"code": "x", "language": "cobol"}, ["/language"]),
        ({"code": "x", "a/b~": 1}, ["/a~1b~0"]),
    ],
)
@pytest.mark.parametrize("mode", ["run", "submissions"])
def test_what_is_no_submission_is_refused_by_its_place(learner, mode, body, expected):
    response = learner.post(f"{PROBLEM}{mode}/", body, format="json")
    assert pointers(response) == expected
    assert not Submission.objects.exists()


@pytest.mark.parametrize("code", ["", " ", "x" * MOST_CODE_BYTES, "\ud7ff", "return", "\t\r\n"])
def test_any_other_text_is_code_for_the_judge_to_read(learner, code):
    response = submit(learner, code)
    assert response.status_code == 202
    assert Submission.objects.get().code == code


def test_a_submission_takes_no_arguments(learner):
    assert pointers(submit(learner, arguments=ARGUMENTS)) == ["/arguments"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["/arguments"]),
        ("x", ["/arguments"]),
        ({}, ["/arguments/prevalence", "/arguments/sensitivity", "/arguments/specificity"]),
        (ARGUMENTS | {"recall": 1}, ["/arguments/recall"]),
        (ARGUMENTS | {"a/b": 1}, ["/arguments/a~1b"]),
        ({"prevalence": 0.1, "sensitivity": 0.9}, ["/arguments/specificity"]),
        (ARGUMENTS | {"prevalence": "a\0b"}, ["/arguments/prevalence"]),
        (ARGUMENTS | {"prevalence": [0, {"x": ["\0"]}]}, ["/arguments/prevalence/1/x/0"]),
        (ARGUMENTS | {"prevalence": {"\0": 1}}, ["/arguments/prevalence"]),
        (ARGUMENTS | {"prevalence": [[[[[[[[[1]]]]]]]]]}, ["/arguments/prevalence" + 8 * "/0"]),
        ({str(number): 0 for number in range(1000)}, [f"/arguments/{n}" for n in range(10)]),
    ],
)
def test_arguments_that_do_not_fit_the_function_are_named(learner, arguments, expected):
    assert pointers(submit(learner, mode="run", arguments=arguments)) == expected


def test_a_number_beyond_all_floats_is_refused(learner):
    body = '{"code": "x", "arguments": {"prevalence": 1e999, "sensitivity": 1, "specificity": 1}}'
    response = learner.post(f"{PROBLEM}run/", body, content_type="application/json")
    assert pointers(response) == ["/arguments/prevalence"]


@pytest.mark.parametrize("body", ["", "[]", '"x"', "null", "{", "7"])
def test_a_body_that_is_no_object_is_refused(learner, body):
    response = learner.post(f"{PROBLEM}run/", body, content_type="application/json")
    assert response.status_code in (400, 422)
    problem_of(response, response.status_code)


# --- limits --------------------------------------------------------------------------------------


def unlimited(settings, **limits):
    settings.LIMITS = settings.LIMITS | {"waiting": "off"} | limits


@pytest.mark.parametrize(("mode", "name"), [("submissions", "submissions"), ("run", "runs")])
def test_code_is_counted_by_the_hour(learner, api_as, bob, settings, mode, name):
    unlimited(settings, **{name: "2"})
    first = submit(learner, mode=mode)
    assert first["RateLimit-Policy"] == f'"{name}";q=2;w=3600'
    assert first["RateLimit"] == f'"{name}";r=1;t=3600'
    assert submit(learner, mode=mode).status_code == 202
    refused = submit(learner, mode=mode)
    assert "an hour" in problem_of(refused, 429)["detail"]
    assert int(refused["Retry-After"]) > 3000
    other = "run" if mode == "submissions" else "submissions"
    assert submit(learner, mode=other).status_code == 202
    assert submit(api_as(bob), mode=mode).status_code == 202


def test_what_is_refused_is_not_counted(learner, settings):
    unlimited(settings, submissions="1")
    assert submit(learner, "\0").status_code == 422
    assert submit(learner).status_code == 202


def test_jobs_and_submissions_wait_together(learner, api_as, bob, settings):
    unlimited(settings, waiting="3")
    job = {"kind": "diagnostic-test", "params": ARGUMENTS}
    assert learner.post("/api/v1/compute/jobs/", job, format="json").status_code == 202
    assert submit(learner, mode="run").status_code == 202
    last = submit(learner).json()["id"]
    assert "3 of your jobs and submissions" in problem_of(submit(learner), 429)["detail"]
    job = {"kind": "diagnostic-test", "params": ARGUMENTS | {"population": 10}}
    assert learner.post("/api/v1/compute/jobs/", job, format="json").status_code == 429
    assert submit(api_as(bob)).status_code == 202
    learner.post(f"{SUBMISSIONS}{last}/cancel/")
    assert submit(learner).status_code == 202


def test_staff_are_not_limited(api_as, cora, settings):
    settings.LIMITS = settings.LIMITS | {"waiting": "0", "submissions": "0", "runs": "0"}
    response = submit(api_as(cora))
    assert response.status_code == 202
    assert "RateLimit" not in response
    assert submit(api_as(cora), mode="run").status_code == 202


# --- the same key, cancelling, conditional reads -------------------------------------------------


def test_the_same_key_begins_one_submission(learner, api_as, bob, settings):
    unlimited(settings, submissions="1")
    first = submit(learner, headers={"Idempotency-Key": "a"})
    again = submit(learner, headers={"Idempotency-Key": "a"})
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    problem_of(submit(learner, "x", headers={"Idempotency-Key": "a"}), 422)
    assert submit(api_as(bob), headers={"Idempotency-Key": "a"}).json() != first.json()
    assert Submission.objects.count() == 2


def test_a_queued_submission_is_cancelled_and_stays_so(learner):
    pk = submit(learner).json()["id"]
    response = learner.post(f"{SUBMISSIONS}{pk}/cancel/")
    assert response.status_code == 202
    assert response.json()["state"] == "cancelled"
    problem_of(learner.post(f"{SUBMISSIONS}{pk}/cancel/"), 409)
    assert Submission.objects.claim(pk) is None


def test_a_read_with_the_etag_answers_whether_it_has_changed(learner):
    path = submit(learner)["Location"]
    etag = learner.get(path)["ETag"]
    assert learner.get(path, headers={"If-None-Match": etag}).status_code == 304
    learner.post(f"{path}cancel/")
    changed = learner.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_a_verdict_that_was_judged_again_has_another_etag(learner, ada):
    row = judged(ada)
    path = f"{SUBMISSIONS}{row.pk}/"
    etag = learner.get(path)["ETag"]
    Submission.objects.update(verdict="wrong_answer", problem_version=2)
    assert learner.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_waiting_for_what_nobody_judges_ends_in_time(learner):
    response = submit(learner, headers={"Prefer": "wait=1"})
    assert response.status_code == 202
    assert response["Preference-Applied"] == "wait=1"
    read = learner.get(response["Location"], headers={"Prefer": "wait=1"})
    assert (read.status_code, read.json()["state"]) == (200, "queued")
    assert read["Preference-Applied"] == "wait=1"


def test_what_has_ended_is_answered_at_once(learner, ada):
    row = judged(ada, "wrong_answer")
    response = learner.get(f"{SUBMISSIONS}{row.pk}/", headers={"Prefer": "wait=30"})
    assert response.json()["verdict"] == "wrong_answer"
    assert response["Preference-Applied"] == "wait=30"


def test_a_judge_that_went_wrong_is_no_verdict(learner):
    pk = submit(learner).json()["id"]
    for attempt in (1, 2, 3):
        claimed = Submission.objects.claim(pk)
        assert claimed.attempt == attempt
        assert Submission.objects.put_back(pk, attempt, "judge-fault", "The judge went wrong.")
    body = learner.get(f"{SUBMISSIONS}{pk}/").json()
    assert (body["state"], body["verdict"], body["score"]) == (State.FAILED, None, None)
    assert body["error"] == {"code": "judge-fault", "detail": "The judge went wrong."}


def test_what_is_put_back_after_somebody_cancelled_it_is_cancelled(learner):
    pk = submit(learner).json()["id"]
    token = Submission.objects.claim(pk).attempt
    assert not Submission.objects.put_back(pk, token + 1, "judge-fault", "")
    learner.post(f"{SUBMISSIONS}{pk}/cancel/")
    assert Submission.objects.put_back(pk, token, "judge-fault", "")
    row = Submission.objects.get(pk=pk)
    assert (row.state, row.error_code, row.lease_until) == (State.CANCELLED, "", None)
    assert not Submission.objects.put_back(pk, token, "judge-fault", "")


# --- editorial, status, acceptance ---------------------------------------------------------------


def test_the_editorial_opens_when_the_problem_is_solved(learner, ada, api_as, bob):
    path = f"{PROBLEM}editorial/"
    assert "given up" in problem_of(learner.get(path), 403)["detail"]
    judged(ada, "wrong_answer")
    judged(ada, mode="run")
    judged(ada, slug="softmax")
    problem_of(learner.get(path), 403)
    judged(ada)
    problem = Problem.objects.get(slug=SLUG)
    assert learner.get(path).json()["html"] == problem.rendered["editorial_html"]
    assert problem.editorial[:100] in learner.get(path).json()["markdown"]
    problem_of(api_as(bob).get(path), 403)


def test_giving_up_opens_it_once_and_for_good(learner, ada, api_as, bob):
    answers = [learner.post(f"{PROBLEM}give-up/") for _again in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json() == learner.get(f"{PROBLEM}editorial/").json()
    assert GaveUp.objects.filter(owner=ada).count() == 1
    problem_of(api_as(bob).get(f"{PROBLEM}editorial/"), 403)
    assert learner.get(f"{PROBLEM}give-up/").status_code == 405


def test_reading_the_editorial_records_nothing_and_staff_may(api, api_as, cora):
    assert api_as(cora).get(f"{PROBLEM}editorial/").status_code == 200
    problem_of(api.get(f"{PROBLEM}editorial/"), 401)
    assert not GaveUp.objects.exists()


def by_token(api, user: User):
    key = api.post(
        "/api/v1/auth/token/",
        {"username": user.username, "password": "correct horse battery staple"},
        format="json",
    ).json()["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return api


def test_the_status_of_each_problem_is_ones_own(api, client_as, ada, bob):
    judged(ada, "wrong_answer")
    judged(ada, "wrong_answer", slug="softmax")
    judged(ada, slug="softmax")
    judged(ada, mode="run", slug="kmeans-step")
    judged(bob, slug="kmeans-step")
    anonymous = api.get("/api/v1/problems/").json()["results"]
    assert all("status" not in item for item in anonymous)
    assert "status" not in api.get(PROBLEM).json()
    for client in (client_as(ada), by_token(api, ada)):
        response = client.get("/api/v1/problems/")
        assert response["Cache-Control"] == "private, no-store"
        statuses = {item["slug"]: item["status"] for item in response.json()["results"]}
        wanted = dict.fromkeys(statuses, "todo") | {SLUG: "attempted", "softmax": "solved"}
        assert statuses == wanted
        assert client.get(PROBLEM).json()["status"] == "attempted"
        for status in ("todo", "attempted", "solved", "todo,solved"):
            found = client.get(f"/api/v1/problems/?status={status}").json()["results"]
            expected = {slug for slug in wanted if wanted[slug] in status.split(",")}
            assert {item["slug"] for item in found} == expected


def test_a_stranger_has_no_status_to_filter_by(api):
    problem_of(api.get("/api/v1/problems/?status=solved"), 401)


def test_an_unknown_status_is_a_400(api, ada):
    problem_of(by_token(api, ada).get("/api/v1/problems/?status=done"), 400)


def test_the_acceptance_rate_is_counted_and_null_while_there_are_few(api, ada, bob):
    etag = api.get(PROBLEM)["ETag"]
    for verdict in ("accepted", "wrong_answer", "time_limit", "accepted"):
        judged(ada, verdict)
    for _ in range(5):
        judged(ada, mode="run")
    assert count_acceptance() == 0
    assert api.get(PROBLEM, headers={"If-None-Match": etag}).status_code == 304
    assert api.get(PROBLEM).json()["acceptance_rate"] is None
    judged(bob, "runtime_error")
    judged(bob, "runtime_error")
    assert count_acceptance() == 1
    response = api.get(PROBLEM, headers={"If-None-Match": etag})
    assert response.json()["acceptance_rate"] == 0.33
    assert response["Cache-Control"] == "public, no-cache"
    assert count_acceptance() == 0
    assert api.get(PROBLEM, headers={"If-None-Match": response["ETag"]}).status_code == 304
    listed = {item["slug"]: item for item in api.get("/api/v1/problems/").json()["results"]}
    assert listed[SLUG]["acceptance_rate"] == 0.33
    assert listed["softmax"]["acceptance_rate"] is None


def test_the_problems_page_says_that_nothing_is_judged(client):
    page = client.get(f"/problems/{SLUG}/").content.decode()
    assert "No code is judged at the moment." in page
    assert "No judge worker is running." in page
