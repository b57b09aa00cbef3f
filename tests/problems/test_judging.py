"""From the queue to the verdict: a real sandbox, the shipped problems, and what goes wrong."""

import json

import pytest
from django.utils import timezone

from compute.work import State
from problems import judging
from problems.bench import bench
from problems.judge.sandbox import Sandbox, Unavailable
from problems.judge.testset import build
from problems.judge.verdict import Judgement
from problems.models import GaveUp, Problem, StoredTests, Submission
from rest.models import Heartbeat
from tests.problems.client import ARGUMENTS, CODE, SLUG, SUBMISSIONS, submit

pytestmark = pytest.mark.usefixtures("shipped")
HIDDEN = ("time_ms", "message", "input", "expected", "actual", "stdout", "traceback")


@pytest.fixture
def learner(api_as, ada, settings):
    settings.LIMITS = settings.LIMITS | dict.fromkeys(("waiting", "submissions", "runs"), "off")
    return api_as(ada)


@pytest.fixture
def verdict_of(learner, judge):
    """The answer to a GET of a submission once it has been judged."""

    def answer(code, **fields) -> dict:
        pk = submit(learner, code, **fields).json()["id"]
        judge(pk)
        return learner.get(f"{SUBMISSIONS}{pk}/").json()

    return answer


def shipped_slugs() -> list[str]:
    return ["bayes-diagnostic-test", "beta-binomial-posterior", "multi-head-attention", "softmax"]


@pytest.mark.parametrize("slug", shipped_slugs())
def test_the_reference_is_accepted_and_each_mistake_is_named(verdict_of, slug):
    problem = Problem.objects.get(slug=slug)
    for code in (problem.reference, problem.alternative):
        right = verdict_of(code, slug=slug)
        assert (right["state"], right["verdict"], right["score"]) == ("succeeded", "accepted", 1.0)
        assert right["diagnosis"] is None
        assert right["finished_at"]
    for mistake in problem.misconceptions:
        wrong = verdict_of(mistake["code"], slug=slug)
        assert wrong["verdict"] != "accepted"
        assert wrong["diagnosis"]["misconception"] == mistake["id"]
        assert wrong["diagnosis"]["explanation"] == mistake["text"]


def test_the_tests_of_a_version_are_built_once_and_kept(verdict_of):
    assert not StoredTests.objects.exists()
    verdict_of(CODE)
    [stored] = StoredTests.objects.all()
    assert (stored.problem.slug, stored.version) == (SLUG, 1)
    verdict_of(CODE)
    assert StoredTests.objects.get() == stored


def test_a_run_tries_the_visible_tests_alone(verdict_of):
    whole, run = verdict_of(CODE), verdict_of(CODE, mode="run")
    assert all(test["visible"] for test in run["tests"])
    visible = [test for test in whole["tests"] if test["visible"]]
    assert [test["name"] for test in visible] == [test["name"] for test in run["tests"]]
    assert len(whole["tests"]) > len(visible)
    assert run["diagnosis"] is None


def test_of_a_hidden_test_there_is_its_number_and_its_verdict(verdict_of):
    for number, test in enumerate(verdict_of(CODE)["tests"], 1):
        if not test["visible"]:
            assert test["name"] == str(number)
            assert {name: test[name] for name in HIDDEN} == dict.fromkeys(HIDDEN)


def test_ones_own_call_shows_what_it_gives(verdict_of):
    problem = Problem.objects.get(slug=SLUG)
    answer = verdict_of(problem.reference, mode="run", arguments=ARGUMENTS)
    assert answer["verdict"] == "accepted"
    [test] = answer["tests"]
    # Bayes' theorem by hand.
    ill, healthy = 0.01 * 0.9, 0.99 * 0.09
    assert test["actual"] == pytest.approx(ill / (ill + healthy), rel=1e-9)
    assert test["input"] == ARGUMENTS


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("", "invalid_code"),
        ("def disease_posterior(", "invalid_code"),
        ("import torch", "runtime_error"),
        ("raise SystemExit", "runtime_error"),
        (CODE.replace("return 0", "return 1 / 0"), "runtime_error"),
        (CODE.replace("return 0", "raise KeyError('\\0\\ud800')"), "runtime_error"),
        (CODE.replace("return 0", "print('\\0\\ud800\\x1b'); return '\\0'"), "wrong_answer"),
        (CODE.replace("return 0", "return float('nan')"), "wrong_answer"),
        (CODE.replace("return 0", "return 10 ** 400"), "wrong_answer"),
        (CODE.replace("return 0", "print('x' * 10 ** 6); return 0"), "output_limit"),
    ],
)
def test_every_end_has_its_verdict_and_can_be_kept(verdict_of, code, verdict):
    answer = verdict_of(code)
    assert (answer["state"], answer["verdict"]) == ("succeeded", verdict)
    assert answer["error"] is None
    assert 0 <= answer["score"] < 1
    row = Submission.objects.get()
    assert (row.outcome > "") == (verdict in ("wrong_answer", "runtime_error"))
    json.dumps(row.tests, allow_nan=False)
    assert "\\u0000" not in json.dumps(row.tests)


def test_equal_outcomes_have_equal_fingerprints_and_others_not(verdict_of):
    codes = [CODE, CODE.replace("return 0", "x = 0.0; return x"), CODE.replace("0\n", "1\n")]
    for code in codes:
        verdict_of(code)
    outcomes = Submission.objects.order_by("created_at").values_list("outcome", flat=True)
    assert len(set(outcomes)) == 2


def test_a_message_that_comes_twice_is_judged_once(learner, judge):
    pk = submit(learner).json()["id"]
    first = judge(pk)
    assert judge(pk).finished_at == first.finished_at
    assert (first.attempt, first.state) == (1, State.SUCCEEDED)


def test_a_cancelled_submission_is_not_judged(learner, judge):
    pk = submit(learner).json()["id"]
    learner.post(f"{SUBMISSIONS}{pk}/cancel/")
    row = judge(pk)
    assert (row.state, row.attempt, row.verdict) == (State.CANCELLED, 0, None)


# --- nothing hidden in any answer ----------------------------------------------------------------

SECRET, NUMBER = "xyzzysecret", "0.123456789"
TESTS = f'''
EDGE_CASES = {{"visible": "What is seen.", "{SECRET}": "A {SECRET}."}}


def tests():
    yield {{
        "name": "seen",
        "visible": True,
        "covers": "visible",
        "arguments": {{"prevalence": 0.5, "sensitivity": 0.5, "specificity": 0.5}},
    }}
    yield {{
        "name": "the {SECRET}",
        "visible": False,
        "covers": "{SECRET}",
        "arguments": {{"prevalence": {NUMBER}, "sensitivity": 0.5, "specificity": 0.25}},
    }}
'''
SPIES = [
    "return 0",
    "print(prevalence, flush=True); return prevalence",
    "raise RuntimeError(f'{prevalence}')",
    "raise ValueError(prevalence)",
    "seen.append(prevalence); print(seen); return 1 / 0 if len(seen) > 1 else 0",
    "seen.append(prevalence); return {'all': seen}",
    "return [prevalence] * 5",
    "return 'x' * int(prevalence * 10 ** 4)",
    "while prevalence != 0.5: pass",
    "assert prevalence == 0.5, prevalence",
]


def test_nothing_of_a_hidden_test_is_in_any_answer(
    api, api_as, client, learner, ada, bob, judge, cora
):
    problem = Problem.objects.get(slug=SLUG)
    document = problem.to_document()
    document = document.model_copy(update={"tests": TESTS})
    with Sandbox() as sandbox:
        StoredTests.keep(problem.pk, problem.version, build(document, sandbox))
    GaveUp.objects.create(owner=ada, problem=problem)
    head = "import sys\nseen = []\n" + CODE.rpartition("    ")[0]
    said = []
    for body in SPIES:
        for mode in ("run", "submissions"):
            answers = [submit(learner, f"{head}    {body}\n", mode=mode)]
            pk = answers[0].json()["id"]
            judge(pk)
            answers.append(learner.get(f"{SUBMISSIONS}{pk}/"))
            assert answers[1].json()["state"] == "succeeded"
            answers += [api_as(bob).get(f"{SUBMISSIONS}{pk}/"), learner.get(SUBMISSIONS)]
            said += [answer.content.decode() for answer in answers]
    client.force_login(ada)
    for path in ("", "hints/", "editorial/"):
        said.append(learner.get(f"/api/v1/problems/{SLUG}/{path}").content.decode())
    said.append(client.get(f"/problems/{SLUG}/").content.decode())
    assert any('"verdict":"time_limit"' in text for text in said)
    for secret in (SECRET, NUMBER, NUMBER.removeprefix("0.")):
        assert [text for text in said if secret in text] == []


# --- the judge's own fault -----------------------------------------------------------------------


def test_a_fault_of_the_judge_puts_the_submission_back_and_says_nothing(
    learner, judge, monkeypatch
):
    fault = Judgement(fault="The zygote died twice; a secret of the server.")
    monkeypatch.setattr(judging, "judge", lambda *args, **kwargs: fault)
    pk = submit(learner).json()["id"]
    for attempt in (1, 2):
        row = judge(pk)
        assert (row.state, row.attempt, row.sent_at) == (State.QUEUED, attempt, None)
        assert learner.get(f"{SUBMISSIONS}{pk}/").json()["error"] is None
    row = judge(pk)
    assert (row.state, row.error_code, row.verdict) == (State.FAILED, "judge-fault", None)
    text = learner.get(f"{SUBMISSIONS}{pk}/").content.decode()
    assert "not your code" in text
    assert "secret" not in text


def test_a_fault_that_passes_is_judged_the_next_time(learner, judge, monkeypatch):
    with monkeypatch.context() as once:
        once.setattr(judging, "judge", lambda *args, **kwargs: Judgement(fault="It is gone."))
        pk = submit(learner).json()["id"]
        assert judge(pk).state == State.QUEUED
    row = judge(pk)
    assert (row.state, row.verdict, row.attempt) == (State.SUCCEEDED, "wrong_answer", 2)
    assert row.error_code == ""


def test_a_version_without_tests_is_the_sites_fault(learner, judge):
    pk = submit(learner).json()["id"]
    Submission.objects.update(problem_version=99)
    assert judge(pk).state == State.QUEUED


def refuse(monkeypatch, sentence: str = "The judge needs Landlock."):
    monkeypatch.setattr("problems.judge.sandbox.missing_from_kernel", lambda: sentence)
    bench.close()


def checked(client) -> dict:
    response = client.get("/readyz").json()
    return response["checks"]["judge"]


def test_where_the_machine_refuses_nothing_is_claimed_and_everybody_learns_why(
    learner, judge, client, monkeypatch
):
    with monkeypatch.context() as refusing:
        refuse(refusing)
        pk = submit(learner).json()["id"]
        row = judge(pk)
        assert (row.state, row.attempt) == (State.QUEUED, 0)
        assert checked(client)["ok"] is False
        assert "Landlock" in checked(client)["detail"]
        assert "Landlock" in client.get(f"/problems/{SLUG}/").content.decode()
    # Not at once: the sandbox is tried again after a pause.
    assert judge(pk).attempt == 0
    bench.close()
    assert judge(pk).verdict == "wrong_answer"
    assert checked(client)["ok"] is True
    assert "No code is judged" not in client.get(f"/problems/{SLUG}/").content.decode()


def test_a_lock_that_fails_later_puts_back_and_stops_the_judge(learner, judge, client, monkeypatch):
    def unavailable(*args, **kwargs):
        raise Unavailable("The attestation failed.")

    first, second = submit(learner).json()["id"], submit(learner).json()["id"]
    with monkeypatch.context() as failing:
        failing.setattr(judging, "judge", unavailable)
        assert judge(first).state == State.QUEUED
    assert judge(second).attempt == 0
    assert "The attestation failed." in checked(client)["detail"]
    bench.close()
    assert judge(second).state == State.SUCCEEDED


def test_of_several_judges_one_that_works_is_enough(client, db):
    assert checked(client)["detail"].startswith("No judge worker is running.")
    judge_says("a", None)
    assert checked(client)["detail"].startswith("The judge is starting.")
    judge_says("b", "It needs seccomp.")
    assert checked(client)["detail"].startswith("It needs seccomp.")
    judge_says("c", "")
    assert checked(client)["ok"] is True


def judge_says(host: str, trouble: str | None):
    Heartbeat.objects.create(name=f"worker_judge@{host}:1", at=timezone.now(), trouble=trouble)
