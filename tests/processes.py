"""Real processes for tests: whole sites, brokers, workers and sweeps in folders of their own.

Every process here leads a process group, is known by its id, and is ended by it.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from config.supervisor import broker_command

ROOT = Path(__file__).resolve().parent.parent
REAL = ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SITE_URL", "SECRET_KEY", "HOST", "PORT")
READY_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(state: Path, **more: str) -> dict[str, str]:
    """Ours, without what would lead to another site's database or broker."""
    ours = {name: value for name, value in os.environ.items() if name not in REAL}
    return ours | {"CASEBOOK_VAR": str(state), "DJANGO_SETTINGS_MODULE": "config.settings"} | more


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def eventually(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(0.05)


def prepare(state: Path) -> None:
    """Fill a new state folder: assets, database, shipped content, account."""
    (state / "logs").mkdir(parents=True)
    for command in (
        ["manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        ["-m", "config.prepare"],
    ):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment(state), check=True)


class Site:
    """A supervisor with all its children on one prepared state folder."""

    def __init__(self, state: Path, **variables: str) -> None:
        self.state, self.port = state, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = state / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=ROOT,
                env=environment(state, PORT=str(self.port), **variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def account(self) -> dict[str, str]:
        """`username` and `password` of the administrator."""
        return json.loads((self.state / "admin.json").read_text())

    def said(self, text: str) -> bool:
        return text in self.output.read_text()

    def wait_until_ready(self) -> None:
        def is_ready() -> bool:
            if self.process.poll() is not None:
                pytest.fail(f"The site ended: {self.output.read_text()}")
            return self.said("Casebook is ready") and ready(self.port)

        eventually(is_ready, READY_SECONDS, f"/readyz is ok ({self.output.read_text()})")

    def processes(self) -> dict[int, str]:
        """Every process that was started for this state folder: its id and its command.

        The broker writes its title over its environment; it is known by its folder.
        """
        marker = f"CASEBOOK_VAR={self.state}\0".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                is_ours = marker in (folder / "environ").read_bytes()
                if is_ours or (folder / "cwd").readlink() == self.state:
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(folder.name)] = command.decode()
        return found

    def seconds_to_stop(self, number: int) -> float:
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - started

    def end(self) -> None:
        if self.process.poll() is None:
            self.seconds_to_stop(signal.SIGTERM)
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


class Program:
    """One process of ours with the group that it leads; its output goes to a log."""

    def __init__(self, command: list[str], log: Path, variables: dict[str, str]) -> None:
        self.command, self.log, self.variables = command, log, variables
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """kill -9, the whole group: what a power cut or the kernel's memory killer does."""
        self.signal_group(signal.SIGKILL)
        self.process.wait()

    def terminate(self, seconds: float = 30) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=seconds)
        finally:
            self.kill()


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[tuple[str, Program]]:
    """A Valkey server on a socket in a folder: its URL, and the program to kill and start."""
    socket_path = folder / "broker.sock"
    command = broker_command(socket_path, folder)
    program = Program(command, folder / "broker.log", dict(os.environ))
    try:
        eventually(socket_path.exists, 10, "the broker listens")
        yield f"redis+socket://{socket_path}", program
    finally:
        program.kill()


def is_up(valkey) -> bool:
    """Whether the broker of the fixture `valkey` answers."""
    client, _program = valkey
    try:
        return client.ping()
    except redis.ConnectionError:
        return False
