"""The site's own worker, web server and sweep with kinds that misbehave, and with time compressed.

    celery -A tests.faults.app worker     granian tests.faults.app:application
    python -m tests.faults.app sweep      (or any other command of manage.py)

The kinds are registered in the same way as the product's, and are no part of it. Each run writes
a line to the file `runs` in the state folder when it begins, and one when it has its result.
"""

import datetime
import hashlib
import os
import secrets
import signal
import sys
import time
import warnings
from pathlib import Path

import django
from django.core.management import execute_from_command_line

from compute.params import Params, Result
from compute.registry import Parts, job_kind
from config.celery import app as app
from config.wsgi import application as application

django.setup()

from compute import runner, work  # noqa: E402  (after the setup)

work.LEASE = datetime.timedelta(seconds=float(os.environ["LEASE_SECONDS"]))
runner.BEAT_SECONDS = 1
# More often than in production, so that tests see it happen.
app.conf.worker_max_tasks_per_child = 200
work.SEND_AGAIN_AFTER = datetime.timedelta(seconds=2)


# Into so many parts a job of the kind "split" goes.
PARTS = 4


class Sleep(Params):
    seconds: float = 0
    name: str = ""


class Slept(Result):
    nonce: str


def note(event: str, name: str, nonce: str) -> None:
    with (Path(os.environ["CASEBOOK_VAR"]) / "runs").open("a") as file:
        file.write(f"{event} {name} {nonce}\n")


def begin(name: str) -> str:
    """Record a run of this name; the nonce that tells it from all others."""
    nonce = secrets.token_hex(8)
    note("begun", name, nonce)
    return nonce


def misbehaving(name: str, time_seconds: float = 60):
    return job_kind(
        name=f"fault-{name}",
        title=name.capitalize(),
        summary="A kind for tests of faults.",
        version=1,
        params=Sleep,
        result=Slept,
        example_params={},
        time_seconds=time_seconds,
    )


@misbehaving("sleep")
def sleep(params: Sleep, progress) -> dict:
    """Sleeps in steps, with progress."""
    nonce = begin(params.name)
    steps = max(1, round(params.seconds / 0.05))
    for step in range(steps):
        time.sleep(params.seconds / steps)
        progress((step + 1) / steps, f"step {step + 1} of {steps}")
    note("done", params.name, nonce)
    return {"nonce": nonce}


@misbehaving("late", time_seconds=1)
def late(params: Sleep, progress) -> dict:
    return sleep(params, progress)


@misbehaving("stubborn", time_seconds=2)
def stubborn(params: Sleep, _progress) -> dict:
    """Computes in C, where no signal reaches it."""
    nonce = begin(params.name)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 200_000_000)
    return {"nonce": nonce}


@misbehaving("killed")
def killed(params: Sleep, _progress) -> dict:
    begin(params.name)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@misbehaving("memory")
def memory(params: Sleep, _progress) -> dict:
    begin(params.name)
    return {"nonce": "x" * 2**30}


@misbehaving("warns")
def warns(params: Sleep, _progress) -> dict:
    warnings.warn("Nearly singular.", RuntimeWarning, stacklevel=2)
    return {"nonce": begin(params.name)}


@misbehaving("raises")
def raises(params: Sleep, _progress) -> dict:
    begin(params.name)
    raise ValueError("a secret of the server")


SPLIT = Parts(
    split=lambda params: list(range(PARTS)),
    do=lambda params, item, progress: sleep(
        params.model_copy(update={"name": f"{params.name}-{item}"}), progress
    ),
    join=lambda params, results: {"nonce": "".join(result["nonce"] for result in results)},
)


@job_kind(
    name="fault-split",
    title="Split",
    summary="Sleeps in parts, each on any worker.",
    version=1,
    params=Sleep,
    result=Slept,
    example_params={},
    time_seconds=60,
    parts=SPLIT,
)
def split(params: Sleep, progress) -> dict:
    return SPLIT.in_turn(params, progress)


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
