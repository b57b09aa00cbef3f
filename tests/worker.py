"""A real Casebook for tests of faults: broker, web server, workers and sweep, each to be killed.

Its kinds are those of `tests/faults/app.py` besides the product's. It has a state folder of its
own, and a database of its own (`tests/faults/lanes.py`).
"""

import contextlib
import http.client
import json
import re
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from config.supervisor import programs
from tests.faults.lanes import Database, changes, jobs_where, lane, new_database
from tests.processes import ROOT, Program, broker, environment, eventually, free_port

APP = "tests.faults.app"
LEASE_SECONDS = 5
# Of a job of the kind fault-split; and the letters of what a run comes to.
PARTS, NONCE = 4, 16
ENDED = ("succeeded", "failed", "cancelled")
# The web server is killed, starts, or its database is away.
NO_ANSWER = (OSError, http.client.HTTPException)


class Casebook:
    """The processes, and a client of their HTTP API."""

    def __init__(
        self, state: Path, variables: dict[str, str], broker: Program, database: Database
    ) -> None:
        self.state, self.variables = state, variables
        self.broker, self.database = broker, database
        self.port = free_port()
        self.commands = programs("127.0.0.1", self.port)
        # Not as current: the site's own code in this process sends through its own app.
        self.celery = Celery(broker=variables["BROKER_URL"], set_as_current=False)
        self.web = self._program("web", ("config.wsgi:application", f"{APP}:application"))
        self.sweep = self.start_sweep()
        self.worker = self.start_worker()

    def _program(self, name: str, change: tuple[str, str]) -> Program:
        command = [change[1] if word == change[0] else word for word in self.commands[name]]
        return Program(command, self.state / f"{name}.log", self.variables)

    def start_worker(self) -> Program:
        return self._program("worker-compute", ("config", APP))

    def start_judge(self) -> Program:
        return self._program("worker-judge", ("config", APP))

    def start_sweep(self) -> Program:
        command = [sys.executable, "-m", APP, "sweep", "--seconds=0.5"]
        return Program(command, self.state / "sweep.log", self.variables)

    @property
    def programs(self) -> tuple[Program, ...]:
        return self.broker, self.web, self.sweep, self.worker

    def replace_worker(self) -> None:
        self.worker.kill()
        self.worker.start()

    def start_what_ended(self) -> list[Program]:
        """The programs that had ended."""
        ended = [program for program in self.programs if not program.is_running]
        for program in ended:
            program.start()
        return ended

    def wait_until_well(self, seconds: float = 60) -> None:
        """Until a new job goes all the way (/readyz would wait for a judge, too)."""

        def a_job_succeeds() -> bool:
            for program in (self.web, self.worker, self.sweep):
                if not program.is_running:
                    pytest.fail(f"It ended: {program.log.read_text()[-2000:]}")
            with contextlib.suppress(*NO_ANSWER):
                body = {"kind": "fault-sleep", "params": {"name": secrets.token_hex(8)}}
                _, job, _ = self.call("jobs/", body, Prefer="wait=5")
                return job.get("state") == "succeeded"
            return False

        eventually(a_job_succeeds, seconds, "a job goes all the way")

    def cancel_everything(self) -> None:
        """So that no test waits for the jobs of another."""
        for pk in jobs_where(self.database):
            self.call(f"jobs/{pk}/cancel/", {})
        eventually(lambda: not jobs_where(self.database), 30, "every job has ended")

    def end(self) -> None:
        for program in (self.worker, self.sweep, self.web):
            program.kill()

    # --- as a client ----------------------------------------------------------------------------

    def get(self, path: str, **headers: str):
        """Status, text and headers of any address of the site, whatever the status."""
        return self._answer(path, None, "GET", headers)

    def call(self, path: str, body: object = None, *, method: str = "", **headers: str):
        """Status, body and headers of an answer of the API, whatever the status.

        A path without a leading slash is below that of compute.
        """
        method = method or ("GET" if body is None else "POST")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        address = path if path.startswith("/") else f"/api/v1/compute/{path}"
        status, text, headers = self._answer(address, data, method, headers)
        return status, json.loads(text), headers

    def _answer(self, path: str, data: bytes | None, method: str, headers: dict[str, str]):
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode(), answer.headers

    def try_to_submit(self, kind: str, seconds: float = 0, *, name: str = "", **headers: str):
        """Status, body and headers of a submit."""
        # A job equal to one that succeeded would be answered at once.
        params = {"seconds": seconds, "name": name or secrets.token_hex(8)}
        return self.call("jobs/", {"kind": f"fault-{kind}", "params": params}, **headers)

    def submit(self, kind: str, seconds: float = 0, *, name: str = "", **headers: str) -> str:
        status, job, _ = self.try_to_submit(kind, seconds, name=name, **headers)
        assert status in (200, 202), job
        return job["id"]

    def job(self, pk: str) -> dict[str, Any]:
        status, job, _ = self.call(f"jobs/{pk}/")
        assert status == 200, job
        return job

    def wait_until(self, pk: str, state: str, seconds: float = 20) -> dict[str, Any]:
        eventually(lambda: self.job(pk)["state"] == state, seconds, f"the job is {state}")
        return self.job(pk)

    def wait_until_begun(self, pks: list[str]) -> None:
        eventually(
            lambda: all(self.job(pk)["state"] != "queued" for pk in pks), 20, "the jobs have begun"
        )

    def send_again(self, pk: str, times: int) -> None:
        for _ in range(times):
            self.celery.send_task("compute.run_job", (pk,), queue="compute")

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=self.variables["BROKER_URL"].partition("://")[2])

    # --- behind the API -------------------------------------------------------------------------

    def noted(self, event: str) -> list[tuple[str, str]]:
        """Name and nonce of every run that has begun, or is done."""
        with contextlib.suppress(FileNotFoundError):
            lines = [line.split(" ") for line in (self.state / "runs").read_text().splitlines()]
            return [(name, nonce) for noted, name, nonce in lines if noted == event]
        return []

    def runs(self) -> Counter[str]:
        """How often each named run was begun."""
        return Counter(name for name, _ in self.noted("begun"))

    def children_of_the_worker(self) -> set[str]:
        pid = self.worker.process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


class Tally:
    """Watches jobs until all have ended: how many were lost, how many ended twice."""

    def __init__(self, casebook: Casebook, jobs: list[str]):
        self.casebook, self.jobs = casebook, jobs
        self.ended: dict[str, dict[str, Any]] = {}

    def look(self) -> bool:
        """Whether all have ended, as far as the site answers."""
        for pk in self.jobs:
            if pk not in self.ended:
                with contextlib.suppress(*NO_ANSWER):
                    status, job, _ = self.casebook.call(f"jobs/{pk}/")
                    if status == 200 and job["state"] in ENDED:
                        self.ended[pk] = job
        return len(self.ended) == len(self.jobs)

    def wait(self, seconds: float) -> float:
        """Until all have ended, or so many seconds; how long it took."""
        started = time.monotonic()
        while not self.look() and time.monotonic() - started < seconds:
            time.sleep(0.1)
        return time.monotonic() - started

    def lost(self) -> int:
        """Accepted, and not ended."""
        return len(self.jobs) - len(self.ended)

    def twice(self) -> int:
        """Ended by two updates of the database, or answered otherwise after they had ended.

        Parts of jobs count, too: whose they were is not known once they are deleted, so all do.
        """
        ends = Counter(
            (change.table, change.pk)
            for change in changes(self.casebook.database)
            if change.now in ENDED
        )
        parts = sum(count > 1 for (table, _), count in ends.items() if table == "compute_item")
        of_jobs = {pk: ends["compute_job", pk] for pk in self.ended}
        assert all(of_jobs.values()), "An end was not recorded: mend the trigger."
        return parts + sum(
            of_jobs[pk] > 1 or self.casebook.job(pk) != answer for pk, answer in self.ended.items()
        )

    def forged(self) -> int:
        """Succeeded with a result that no run of theirs, or of their parts, came to."""
        done = {nonce: name for name, nonce in self.casebook.noted("done")}
        forged = 0
        for job in self.ended.values():
            if job["state"] == "succeeded":
                nonces = re.findall(f".{{{NONCE}}}", job["result"]["nonce"])
                name, came = job["params"]["name"], [done.get(nonce) for nonce in nonces]
                names = [f"{name}-{n}" for n in range(PARTS)]
                forged += came != (names if job["kind"] == "fault-split" else [name])
        return forged

    def settle(self, seconds: float = 60) -> Counter[str]:
        """How many jobs are in each state. Fails if one was lost, or ended twice."""
        settled = self.wait(seconds)
        time.sleep(0.5)
        lost, twice = self.lost(), self.twice()
        states = Counter(job["state"] for job in self.ended.values())
        print(f"{dict(states)} after {settled:.1f} s; lost = {lost}, finished twice = {twice}")
        assert (lost, twice, self.forged()) == (0, 0, 0)
        return states


@contextlib.contextmanager
def running_casebook(folder: Path, name: str = "") -> Iterator[Casebook]:
    """On a new database of the lane of this name; of the lane that the tests run in."""
    with broker(folder) as (broker_url, program), new_database(name or lane(), folder) as database:
        variables = environment(
            folder,
            BROKER_URL=broker_url,
            DATABASE_URL=database.url,
            LIMIT_COMPUTE_ANONYMOUS="off",
            LIMIT_WAITING_ANONYMOUS="off",
            LEASE_SECONDS=str(LEASE_SECONDS),
        )
        command = [sys.executable, "-m", APP, "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=variables, check=True)
        with contextlib.closing(database.connect()) as connection:
            for statement in database.record:
                connection.execute(statement)
        casebook = Casebook(folder, variables, program, database)
        try:
            casebook.wait_until_well()
            yield casebook
        finally:
            casebook.end()
