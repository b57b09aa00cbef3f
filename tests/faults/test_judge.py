"""Faults of the judge's processes: each submission is judged once, and nobody waits for ever."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from problems.judge.sandbox import missing
from tests.faults.lanes import changes, rows
from tests.processes import ROOT, Program, eventually
from tests.worker import APP, ENDED, LEASE_SECONDS, Casebook

pytestmark = pytest.mark.skipif(bool(missing()), reason="Nothing is judged on this machine.")

PROBLEM = "/api/v1/problems/bayes-diagnostic-test/"
HEAD = "def disease_posterior(prevalence, sensitivity, specificity, positive=True):\n    "
RIGHT = (
    f"{HEAD}hit = sensitivity if positive else 1 - sensitivity\n"
    "    if not all(0 <= p <= 1 for p in (prevalence, sensitivity, specificity)):\n"
    "        raise ValueError('not a probability')\n"
    "    miss = 1 - specificity if positive else specificity\n"
    "    total = prevalence * hit + (1 - prevalence) * miss\n"
    "    if total == 0:\n"
    "        raise ValueError('an impossible result')\n"
    "    return prevalence * hit / total\n"
)
WRONG, ENDLESS = f"{HEAD}return 0\n", f"{HEAD}while True: pass\n"
ACCOUNT = (
    "from django.contrib.auth.models import User;"
    "User.objects.create_user('ada', password='correct horse', is_staff=True)"
)


class Judge:
    """The judge worker of a Casebook, and a learner who is staff, so that no limit counts."""

    def __init__(self, casebook: Casebook) -> None:
        self.casebook = casebook
        for command in (["load_content"], ["load_problems"], ["shell", "-v0", "-c", ACCOUNT]):
            command = [sys.executable, "-m", APP, *command]
            subprocess.run(command, cwd=ROOT, env=casebook.variables, check=True)
        body = {"username": "ada", "password": "correct horse"}
        _, answer, _ = casebook.call("/api/v1/auth/token/", body)
        self.headers = {"Authorization": f"Token {answer['token']}"}
        self.worker: Program = casebook.start_judge()

    def start_worker(self) -> None:
        if not self.worker.is_running:
            self.worker.start()

    def submit(self, code: str) -> str:
        status, row, _ = self.casebook.call(
            f"{PROBLEM}submissions/", {"code": code}, **self.headers
        )
        assert status == 202, row
        return row["id"]

    def read(self, pk: str) -> dict:
        return self.casebook.call(f"/api/v1/submissions/{pk}/", **self.headers)[1]

    def cancel(self, pk: str) -> None:
        self.casebook.call(f"/api/v1/submissions/{pk}/cancel/", {}, **self.headers)

    def wait_until(self, pk: str, *states: str, seconds: float = 30) -> dict:
        eventually(lambda: self.read(pk)["state"] in states, seconds, f"it is {states}")
        return self.read(pk)

    def verdicts(self, pks: list[str], seconds: float = 60) -> Counter[str]:
        """Of all of these, once they have ended; each of them once."""
        answers = [self.wait_until(pk, *ENDED, seconds=seconds) for pk in pks]
        made = changes(self.casebook.database)
        ends = Counter(change.pk for change in made if change.now in ENDED)
        assert [ends[pk] for pk in pks] == [1] * len(pks)
        return Counter(answer["verdict"] or answer["state"] for answer in answers)

    def attempts(self, pk: str) -> int:
        found = rows(self.casebook.database, "SELECT id, attempt FROM problems_submission")
        return {str(key).replace("-", ""): attempt for key, attempt in found}[pk.replace("-", "")]

    def zygotes(self) -> list[int]:
        """The process ids of the zygotes that the worker's processes started, and their child."""
        return [
            process
            for child in children(self.worker.process.pid)
            for process in children(child)
            if "zygote.py" in command(process)
        ]


def children(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{process}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    return []


def command(process: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text()
    return ""


@pytest.fixture(scope="module")
def judging(shared_casebook):
    judge = Judge(shared_casebook)
    yield judge
    judge.worker.kill()


@pytest.fixture
def judge(judging, casebook):
    judging.start_worker()
    # The first makes the tests of the problem.
    judging.wait_until(judging.submit(RIGHT), "succeeded")
    return judging


def running(judge: Judge) -> tuple[str, list[int]]:
    """A submission that is being judged, and the processes that its code runs in."""
    pk = judge.submit(ENDLESS)
    judge.wait_until(pk, "running")
    eventually(lambda: any(map(children, judge.zygotes())), 10, "its code runs")
    zygotes = judge.zygotes()
    return pk, zygotes + [child for zygote in zygotes for child in children(zygote)]


def test_what_was_being_judged_when_the_worker_was_killed_is_judged_once_by_the_next(judge):
    pk, processes = running(judge)
    judge.worker.kill()
    eventually(lambda: not any(map(command, processes)), 5, "zygote and code have ended")
    judge.start_worker()
    assert judge.verdicts([pk], LEASE_SECONDS + 30) == {"time_limit": 1}
    assert judge.attempts(pk) == 2


def test_a_zygote_that_is_killed_is_replaced_and_the_submission_judged_once(judge):
    pk, processes = running(judge)
    os.kill(processes[0], signal.SIGKILL)
    assert judge.verdicts([pk]) == {"time_limit": 1}
    assert judge.attempts(pk) == 1
    assert processes[0] not in judge.zygotes()
    assert judge.verdicts([judge.submit(RIGHT)]) == {"accepted": 1}


def test_code_that_is_killed_from_outside_is_judged_again_at_once(judge):
    pk, processes = running(judge)
    os.kill(processes[-1], signal.SIGKILL)
    assert judge.verdicts([pk]) == {"time_limit": 1}


def test_a_full_queue_is_judged_once_though_the_worker_is_killed_twice(judge):
    pks = [judge.submit(code) for _ in range(15) for code in (RIGHT, WRONG)]
    for _ in range(2):
        time.sleep(0.3)
        judge.worker.kill()
        judge.start_worker()
    assert judge.verdicts(pks, 90) == {"accepted": 15, "wrong_answer": 15}


def test_a_worker_that_is_asked_to_stop_leaves_no_zygote(judge):
    zygotes = judge.zygotes()
    assert len(zygotes) == 1
    judge.worker.terminate()
    eventually(lambda: not any(map(command, zygotes)), 5, "the zygote has ended")


def test_cancelling_ends_the_code_within_a_second_and_the_next_is_judged(judge):
    pk, processes = running(judge)
    waiting = judge.submit(RIGHT)
    never = judge.submit(RIGHT)
    judge.cancel(never)
    judge.cancel(pk)
    started = time.monotonic()
    judge.wait_until(pk, "cancelled")
    assert time.monotonic() - started < 1
    eventually(lambda: not command(processes[-1]), 2, "its code has ended")
    assert judge.verdicts([pk, waiting, never]) == {"cancelled": 2, "accepted": 1}
    assert judge.attempts(never) == 0


def test_messages_that_come_twice_are_judged_once(judge):
    pks = [judge.submit(WRONG) for _ in range(5)]
    for pk in pks:
        judge.casebook.celery.send_task("problems.judge", (pk,), queue="judge")
    assert judge.verdicts(pks) == {"wrong_answer": 5}
    assert {judge.attempts(pk) for pk in pks} == {1}


def test_the_judge_says_that_it_works(judge):
    _, text, _ = judge.casebook.get("/readyz")
    assert '"judge": {"ok": true' in text
