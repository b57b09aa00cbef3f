"""A prepared state folder, and sites that run on copies of it as real processes."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
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


class Site:
    """A supervisor with all its children on one state folder."""

    def __init__(self, state: Path) -> None:
        self.state, self.port = state, free_port()
        self.output = state / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=ROOT,
                env=environment(state, PORT=str(self.port)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

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


@pytest.fixture(scope="session")
def prepared_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with database, content and account; made once, to be copied."""
    state = tmp_path_factory.mktemp("prepared")
    (state / "logs").mkdir()
    for command in (
        ["manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        ["-m", "config.prepare"],
    ):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment(state), check=True)
    return state


@pytest.fixture
def state(prepared_state: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "var"
    shutil.copytree(prepared_state, copy)
    return copy


@pytest.fixture
def start(state: Path) -> Iterator[Callable[[], Site]]:
    """A function that starts a site on the test's state folder; all are ended afterwards."""
    sites: list[Site] = []

    def start_one() -> Site:
        sites.append(Site(state))
        return sites[-1]

    yield start_one
    for site in reversed(sites):
        site.end()
