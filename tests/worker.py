"""A real Casebook for tests of faults: broker, web server, workers and sweep, each to be killed.

Its kinds are those of `tests/faults/app.py` besides the product's. It has a state folder of its
own, and a database of its own: SQLite, or a new one on the server that DATABASE_URL names.
"""

import contextlib
import json
import os
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
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from celery import Celery

from config.supervisor import programs
from tests.processes import ROOT, Program, broker, environment, eventually, free_port

APP = "tests.faults.app"
LEASE_SECONDS = 5
ENDED = ("succeeded", "failed", "cancelled")


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """The URL of a new database."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{folder}/casebook.sqlite3"
        return
    name = f"faults_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(given, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Casebook:
    """The processes, and a client of their HTTP API."""

    def __init__(self, state: Path, variables: dict[str, str], broker: Program):
        self.state, self.variables, self.broker = state, variables, broker
        self.port = free_port()
        self.commands = programs("127.0.0.1", self.port)
        # Not as current: the site's own code in this process sends through its own app.
        self.celery = Celery(broker=variables["BROKER_URL"], set_as_current=False)
        self.web = self._program("web", ("config.wsgi:application", f"{APP}:application"))
        self.sweep = Program(
            [sys.executable, "-m", APP, "sweep", "--seconds=0.5"], state / "sweep.log", variables
        )
        self.worker = self.start_worker()

    def _program(self, name: str, change: tuple[str, str], log: str = "") -> Program:
        command = [change[1] if word == change[0] else word for word in self.commands[name]]
        return Program(command, self.state / f"{log or name}.log", self.variables)

    def start_worker(self) -> Program:
        return self._program("worker-compute", ("config", APP))

    def replace_worker(self) -> None:
        self.worker.kill()
        self.worker.start()

    def end(self) -> None:
        for program in (self.worker, self.sweep, self.web):
            program.kill()

    # --- as a client ----------------------------------------------------------------------------

    def call(self, path: str, body: object = None, *, method: str = "", **headers: str):
        """Status, body and headers of an answer, whatever the status."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/compute/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers},
            method=method or ("GET" if body is None else "POST"),
        )
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, json.load(answer), answer.headers
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer), answer.headers

    def submit(self, kind: str, seconds: float = 0, *, name: str = "", **headers: str) -> str:
        # A job equal to one that succeeded would be answered at once.
        params = {"seconds": seconds, "name": name or secrets.token_hex(8)}
        status, job, _ = self.call("jobs/", {"kind": f"fault-{kind}", "params": params}, **headers)
        assert status in (200, 202), job
        return job["id"]

    def job(self, pk: str) -> dict[str, Any]:
        status, job, _ = self.call(f"jobs/{pk}/")
        assert status == 200, job
        return job

    def wait_until(self, pk: str, state: str, seconds: float = 20) -> dict[str, Any]:
        eventually(lambda: self.job(pk)["state"] == state, seconds, f"the job is {state}")
        return self.job(pk)

    def send_again(self, pk: str, times: int) -> None:
        for _ in range(times):
            self.celery.send_task("compute.run_job", (pk,), queue="compute")

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=self.variables["BROKER_URL"].partition("://")[2])

    def runs(self) -> Counter[str]:
        """How often each named run was begun."""
        with contextlib.suppress(FileNotFoundError):
            return Counter(line.split()[0] for line in (self.state / "runs").open())
        return Counter()


class Tally:
    """Watches jobs until all have ended: how many were lost, how many ended twice."""

    def __init__(self, casebook: Casebook, jobs: list[str]):
        self.casebook, self.jobs = casebook, jobs
        self.ended: dict[str, dict[str, Any]] = {}

    def look(self) -> bool:
        for pk in self.jobs:
            if pk not in self.ended and (job := self.casebook.job(pk))["state"] in ENDED:
                self.ended[pk] = job
        return len(self.ended) == len(self.jobs)

    def settle(self, seconds: float = 60) -> Counter[str]:
        """How many jobs are in each state. Fails if one was lost, or ended twice."""
        started = time.monotonic()
        with contextlib.suppress(TimeoutError):
            while not self.look():
                if time.monotonic() - started > seconds:
                    raise TimeoutError
                time.sleep(0.1)
        settled = time.monotonic() - started
        time.sleep(0.5)
        lost = len(self.jobs) - len(self.ended)
        twice = sum(self.casebook.job(pk) != job for pk, job in self.ended.items())
        states = Counter(job["state"] for job in self.ended.values())
        print(f"{dict(states)} after {settled:.1f} s; lost = {lost}, finished twice = {twice}")
        assert (lost, twice) == (0, 0)
        return states


@contextlib.contextmanager
def running_casebook(folder: Path) -> Iterator[Casebook]:
    with broker(folder) as (broker_url, program), database(folder) as database_url:
        variables = environment(
            folder,
            BROKER_URL=broker_url,
            DATABASE_URL=database_url,
            LIMIT_COMPUTE_ANONYMOUS="off",
            LEASE_SECONDS=str(LEASE_SECONDS),
        )
        command = [sys.executable, "-m", APP, "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=variables, check=True)
        casebook = Casebook(folder, variables, program)
        try:
            eventually(lambda: answers(casebook), 60, "the web server and the worker answer")
            yield casebook
        finally:
            casebook.end()


def answers(casebook: Casebook) -> bool:
    """Whether a job goes all the way (/readyz would wait for a judge, too)."""
    for program in (casebook.web, casebook.worker, casebook.sweep):
        if not program.is_running:
            pytest.fail(f"It ended: {program.log.read_text()[-2000:]}")
    with contextlib.suppress(OSError):
        _, job, _ = casebook.call("jobs/", {"kind": "fault-sleep", "params": {}}, Prefer="wait=5")
        return job["state"] == "succeeded"
    return False
