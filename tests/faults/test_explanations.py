"""An explanation through real processes: web server, broker and the worker that is no judge."""

import subprocess
import sys
import time

import pytest

from tests.problems.model_server import WORDS, model_server
from tests.processes import ROOT
from tests.worker import APP, Casebook, running_casebook

CODE = "def disease_posterior(prevalence, sensitivity, specificity, positive=True): return 0"
JUDGED = f"""
from django.contrib.auth.models import User
from tests.problems.client import judged
ada = User.objects.create_user("ada", password="correct horse")
for _ in range(2):
    print(judged(ada, "wrong_answer", code={CODE!r}).pk)
"""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with model_server() as server:
        monkeypatch.setenv("EXPLAIN_BASE_URL", server.url)
        monkeypatch.setenv("EXPLAIN_MODEL", "a-small-model")
        monkeypatch.setenv("EXPLAIN_SECONDS", "1")
        yield server


def manage(casebook: Casebook, *words: str) -> str:
    command = [sys.executable, "-m", APP, *words]
    run = subprocess.run(
        command, cwd=ROOT, env=casebook.variables, check=True, capture_output=True, text=True
    )
    return run.stdout


def test_a_worker_asks_the_model_server_and_no_judge_is_needed(server, tmp_path):
    with running_casebook(tmp_path) as casebook:
        manage(casebook, "load_content")
        manage(casebook, "load_problems")
        explained, too_slow = manage(casebook, "shell", "-v0", "-c", JUDGED).split()
        body = {"username": "ada", "password": "correct horse"}
        _, answer, _ = casebook.call("/api/v1/auth/token/", body)
        headers = {"Authorization": f"Token {answer['token']}", "Prefer": "wait=20"}

        def explain(pk: str) -> tuple[int, dict]:
            path = f"/api/v1/submissions/{pk}/explanation/"
            status, submission, _ = casebook.call(path, {}, **headers)
            return status, submission["explanation"]

        status, explanation = explain(explained)
        assert (status, explanation["text"], explanation["error"]) == (200, WORDS, None)
        server.delay = 3
        begun = time.monotonic()
        status, explanation = explain(too_slow)
        assert (status, explanation["state"]) == (200, "failed")
        assert explanation["error"]["code"] == "explanation-unavailable"
        assert "within 1 s;" in explanation["error"]["detail"]
        assert time.monotonic() - begun < 10
        server.delay = 0
        assert explain(too_slow)[1]["text"] == WORDS
        assert len(server.asked) == 3
