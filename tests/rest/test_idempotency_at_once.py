"""`Idempotency-Key`: of requests at the same moment one begins the work, on either database."""

import contextlib
import json
import subprocess
import sys
import time

import pytest

from tests.postgres import postgres_server
from tests.processes import ROOT, environment

# Answers a line for each line that it reads, `REFUSED KEY`. What it begins it holds for a while
# before it commits, so that others come in between; or is refused then.
PROBE = """
import json, sys, time
import django
django.setup()
from django.conf import settings
from rest_framework.test import APIClient
from compute import services
from compute.errors import UnknownKind
from tests.compute.client import submit

settings.ALLOWED_HOSTS.append("testserver")
submit_job, refused = services.submit_job, False

def slowly(**fields):
    made = submit_job(**fields)
    time.sleep(0.3)
    if refused:
        raise UnknownKind("It is refused at the very end.")
    return made

services.submit_job = slowly
print("ready", flush=True)
for line in sys.stdin:
    word, key = line.split()
    refused = word == "refused"
    answer = submit(APIClient(), **{"Idempotency-Key": key})
    said = [answer.status_code, answer.json().get("id"), "Idempotency-Replayed" in answer]
    print(json.dumps(said), flush=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def processes(request, tmp_path):
    """Four processes of the site, on a new database."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/casebook.sqlite3"
        if request.param == "postgresql":
            url = stack.enter_context(postgres_server())
        variables = environment(tmp_path, DATABASE_URL=url, PYTHONPATH=str(ROOT))
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(migrate, cwd=ROOT, env=variables, check=True)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started = [
            stack.enter_context(
                subprocess.Popen([sys.executable, "-c", PROBE], cwd=ROOT, env=variables, **pipes)
            )
            for _ in range(4)
        ]
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started


def tell(process, line: str) -> None:
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def said(process) -> list:
    """Status, id of the job, and whether it is the answer of an earlier request."""
    return json.loads(process.stdout.readline())


def test_processes_that_send_one_key_at_the_same_moment_begin_one_job(processes):
    jobs = set()
    for key in range(5):
        for process in processes:
            tell(process, f"made {key}")
        answers = [said(process) for process in processes]
        assert [status for status, *_ in answers] == [202] * 4
        assert sorted(replayed for *_, replayed in answers) == [False, True, True, True]
        [job] = {pk for _, pk, _ in answers}
        jobs.add(job)
    assert len(jobs) == 5

    # Three that wait for the first, which is refused at last: one of them is now the first.
    first, *others = processes
    tell(first, "refused again")
    time.sleep(0.1)
    for process in others:
        tell(process, "made again")
    assert said(first)[0] == 422
    answers = [said(process) for process in others]
    assert sorted(replayed for *_, replayed in answers) == [False, True, True]
    assert len({pk for _, pk, _ in answers}) == 1
