"""The site's own worker, web server and sweep with kinds that misbehave, and with time compressed.

    celery -A tests.faults.app worker     granian tests.faults.app:application
    python -m tests.faults.app sweep      (or any other command of manage.py)

The kinds are registered in the same way as the product's, and are no part of it. Each run writes
a line to the file `runs` in the state folder.
"""

import datetime
import hashlib
import os
import secrets
import signal
import sys
import time
from pathlib import Path

import django
from django.core.management import execute_from_command_line

from compute.params import Params, Result
from compute.registry import job_kind
from config.celery import app as app
from config.wsgi import application as application

django.setup()

from compute import runner, work  # noqa: E402  (after the setup)

work.LEASE = datetime.timedelta(seconds=float(os.environ["LEASE_SECONDS"]))
runner.BEAT_SECONDS = 1
work.SEND_AGAIN_AFTER = datetime.timedelta(seconds=2)


class Sleep(Params):
    seconds: float = 0
    name: str = ""


class Slept(Result):
    nonce: str


def note(name: str) -> str:
    """Record that a run of this name has come so far; the nonce that tells it from all others."""
    nonce = secrets.token_hex(8)
    with (Path(os.environ["CASEBOOK_VAR"]) / "runs").open("a") as file:
        file.write(f"{name} {nonce}\n")
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
    nonce = note(params.name)
    steps = max(1, round(params.seconds / 0.05))
    for step in range(steps):
        time.sleep(params.seconds / steps)
        progress((step + 1) / steps, f"step {step + 1} of {steps}")
    return {"nonce": nonce}


@misbehaving("late", time_seconds=1)
def late(params: Sleep, progress) -> dict:
    return sleep(params, progress)


@misbehaving("stubborn", time_seconds=2)
def stubborn(params: Sleep, _progress) -> dict:
    """Computes in C, where no signal reaches it."""
    nonce = note(params.name)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 200_000_000)
    return {"nonce": nonce}


@misbehaving("killed")
def killed(params: Sleep, _progress) -> dict:
    note(params.name)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@misbehaving("memory")
def memory(_params: Sleep, _progress) -> dict:
    return {"nonce": "x" * 2**30}


@misbehaving("raises")
def raises(_params: Sleep, _progress) -> dict:
    raise ValueError("a secret of the server")


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
