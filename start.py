#!/usr/bin/env python3
"""Run Casebook on this machine.

    python3 start.py              set up what is missing, then run the site until Ctrl-C
    python3 start.py demo         run a throw-away copy, use it as any client would, stop it
    python3 start.py test [...]   run the tests; further words go to pytest, --postgres chooses
                                  the database
    python3 start.py check        run the linters, the type checker and the lock checks
    python3 start.py setup        only make the environment and the assets

PORT and HOST choose the address, CASEBOOK_VAR the folder of the state (default ./var); the
README lists the rest. Only the standard library is used here, and this file keeps to what
Python 3.8 can parse, so that an old Python is told so in one sentence.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
# NumPy's linear algebra starts one thread a core in every process unless told otherwise before
# it is imported; with several workers that is slower, and less fair, than one thread each.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# What decides whether the database and its content must be brought up to date.
PREPARED_BY = ("compute", "config", "kb", "learn", "problems", "rest", "web", "requirements.txt")
SKIPPED = {"__pycache__", "assets", "static", "templates", "node_modules"}


class Refusal(Exception):
    """One sentence for the operator: what is wrong, and what to do."""


def main(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("run", [])
    if command in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    try:
        refuse_old_python()
        if command not in COMMANDS:
            raise Refusal(f"start.py knows no command '{command}'; it knows {', '.join(COMMANDS)}.")
        if rest and command != "test":
            raise Refusal(f"'start.py {command}' takes no further words, but got '{rest[0]}'.")
        # A termination must unwind like Ctrl-C does, so that no half-done step outlives it.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)
        os.chdir(ROOT)
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
        return COMMANDS[command](rest)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
    except PermissionError as error:
        print(sentence_for_read_only(error.filename or ROOT), file=sys.stderr)
    except OSError as error:
        print(f"Casebook could not start: {error}.", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 1


def run(_: list[str]) -> int:
    state = state_folder()
    host, port = address()
    refuse_public_host(host)
    warn_of_endless_redirects()
    refuse_second_start(state)
    refuse_taken_port(host, port)
    with setting_up():
        python = environment(".venv", "requirements.txt")
        build_assets(python)
        collect_static(python, state)
        prepare(python, state)
    return become([python, "-m", "config.supervisor"])


def demo(_: list[str]) -> int:
    """Runs `start.py` itself on a throw-away state folder, and uses what it starts."""
    with setting_up():
        python = environment(".venv", "requirements.txt")
    return become([python, "-m", "config.demo"])


def test(words: list[str]) -> int:
    """The tests have an environment and a state of their own: a running site notices nothing."""
    with setting_up():
        python = environment(".venv-dev", "requirements-dev.txt")
        build_assets(python)
    command = [python, "-m", "pytest", "-n", "auto", "--dist", "loadgroup"]
    if "--postgres" in words:
        words = [word for word in words if word != "--postgres"]
        command = [python, "-m", "tests.postgres", "--", *command]
    return attached([*command, *words])


def check(_: list[str]) -> int:
    with setting_up():
        python = environment(".venv-dev", "requirements-dev.txt")
    with tempfile.TemporaryDirectory(prefix="casebook-check-") as state:
        return attached([python, "-m", "tests.checks"], CASEBOOK_VAR=state)


def setup(_: list[str]) -> int:
    with setting_up():
        build_assets(environment(".venv", "requirements.txt"))
    print("The environment and the assets are ready.")
    return 0


COMMANDS = {"run": run, "demo": demo, "test": test, "check": check, "setup": setup}


def refuse_old_python() -> None:
    if tuple(sys.version_info[:2]) >= OLDEST:
        return
    newer = [f"python3.{minor}" for minor in range(20, 10, -1)]
    found = next((name for name in newer if shutil.which(name)), "python3.11")
    this = "Python {}.{}".format(*sys.version_info[:2])
    raise Refusal(
        f"Casebook needs Python 3.11 or newer and this is {this}; run '{found} start.py'."
    )


def refuse_public_host(host: str) -> None:
    """Sign-in over plain HTTP with a generated secret is for this machine only."""
    try:
        public = host != "localhost" and not ipaddress.ip_address(host).is_loopback
    except ValueError:
        public = True
    missing = [name for name in ("SITE_URL", "SECRET_KEY") if not given(name)]
    if public and missing:
        raise Refusal(
            f"HOST={host} lets other machines reach this site; set {' and '.join(missing)} too, "
            "or leave HOST at 127.0.0.1."
        )
    if given("SITE_URL") and not given("SECRET_KEY"):
        raise Refusal(
            "SITE_URL makes this site public; set SECRET_KEY (50 random characters) too, or "
            "SECRET_KEY_FILE to the path of a file that holds it."
        )


def warn_of_endless_redirects() -> None:
    """The web server speaks plain HTTP, so that https needs a proxy, and the proxy our trust."""
    if os.environ.get("SITE_URL", "").startswith("https://") and not given("TRUSTED_PROXIES"):
        print(
            "SITE_URL is https and TRUSTED_PROXIES is empty: every page will be redirected to "
            "itself for ever. Set TRUSTED_PROXIES to the address of the proxy that speaks TLS, "
            "127.0.0.1 if it runs on this machine.",
            flush=True,
        )


def given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def refuse_second_start(state: Path) -> None:
    with open(state / "lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refusal(
                f"Casebook already runs on {state} as process {lock.read().strip() or '?'}; "
                "stop that one first, or set CASEBOOK_VAR to another folder."
            ) from None


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise Refusal(f"HOST={host} is no address of this machine.") from None
        except PermissionError:
            raise Refusal(
                f"Port {port} is reserved for the administrator; choose one from 1024 on, "
                "for example PORT=8123 python3 start.py."
            ) from None
        except OSError as error:
            raise Refusal(
                f"Port {port} on {host} cannot be used ({error.strerror}); choose another one, "
                "for example PORT=8123 python3 start.py."
            ) from None


def address() -> tuple[str, int]:
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT must be a number from 1 to 65535, not '{text}'.")
    return os.environ.get("HOST", "127.0.0.1"), int(text)


def state_folder() -> Path:
    """The folder of database, secrets and logs; made, and proved to be writable."""
    state = Path(os.environ.get("CASEBOOK_VAR") or ROOT / "var").resolve()
    os.environ["CASEBOOK_VAR"] = str(state)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / "logs").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=state):
            pass
    except OSError as error:
        raise Refusal(sentence_for_read_only(error.filename or state)) from None
    return state


def sentence_for_read_only(path: object) -> str:
    return (
        f"Casebook may not write to {path}; copy its folder to a place of your own, or set "
        "CASEBOOK_VAR to a folder that you may write to."
    )


@contextlib.contextmanager
def setting_up():
    """One set-up at a time in this folder; a second start.py waits for the first."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another start.py is setting this folder up; waiting for it.", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def environment(name: str, lock_file: str) -> str:
    """The Python of the environment `name`, with exactly what `lock_file` locks.

    The stamp is written last: an installation that was cut short is repaired by the next start.
    """
    folder, lock = ROOT / name, ROOT / lock_file
    python, stamp = folder / "bin" / "python", folder / "installed"
    version = version_of(python)
    if version and read(stamp) == digest(version.encode(), lock.read_bytes()):
        return str(python)
    if not os.access(ROOT, os.W_OK):
        raise Refusal(sentence_for_read_only(ROOT))
    log = state_folder() / "logs" / "setup.log"
    if not version:
        if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
            raise Refusal(
                "This Python has no venv module; install it (on Debian or Ubuntu: "
                "apt install python3-venv), then run start.py again."
            )
        print(f"Making {name}.", flush=True)
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        if step([sys.executable, "-m", "venv", str(folder)], log) != 0:
            raise Refusal(f"{name} could not be made; {log} says why.")
        version = version_of(python)
        if not version:
            raise Refusal(f"The Python in {name} does not run; {log} may say why.")
    stamp.unlink(missing_ok=True)
    print(f"Installing {lock_file} into {name}; this takes a minute, once.", flush=True)
    pip = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    if step([*pip, "--require-hashes", "-r", str(lock)], log) != 0:
        raise Refusal(
            f"The packages of {lock_file} could not be installed ({last_line(log)}); check the "
            f"network and run start.py again, {log} has the whole story."
        )
    stamp.write_text(digest(version.encode(), lock.read_bytes()))
    return str(python)


def version_of(python: Path) -> str:
    """The version of a working Python that Casebook can use, with pip; else an empty string."""
    question = f"import pip, sys; assert sys.version_info >= {OLDEST}; print(sys.version)"
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", question],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout if answer.returncode == 0 else ""


def build_assets(python: str) -> None:
    """The browser's files; says itself what it must do without when there is no network."""
    if step([python, "-m", "web.build"]) != 0:
        raise Refusal("Casebook was not started, because the pages' files could not be built.")


def collect_static(python: str, state: Path) -> None:
    stamp = state / "collected"
    current = fingerprint([ROOT / "web" / "static", ROOT / "requirements.txt"])
    if read(stamp) == current and (state / "static").exists():
        return
    print("Collecting the static files.", flush=True)
    log = state / "logs" / "setup.log"
    if step([python, "manage.py", "collectstatic", "--noinput", "--verbosity=0"], log) != 0:
        raise Refusal(f"The static files could not be collected ({last_line(log)}).")
    stamp.write_text(current)


def prepare(python: str, state: Path) -> None:
    """Migrations, content, roles and the first account, unless nothing changed since."""
    stamp, database = state / "prepared", os.environ.get("DATABASE_URL", "")
    files = fingerprint([ROOT / name for name in PREPARED_BY], SKIPPED)
    current = digest(files.encode(), database.encode())
    if read(stamp) == current and (database or (state / "casebook.sqlite3").exists()):
        return
    print("Bringing the database and its content up to date.", flush=True)
    if step([python, "-m", "config.prepare"]) != 0:
        raise Refusal("Casebook was not started, because of what is said above.")
    stamp.write_text(current)


def become(command: list[str]) -> int:
    """Replace this process, so that who started it talks to the one that matters."""
    sys.stdout.flush()
    os.execv(command[0], command)


def attached(command: list[str], **variables: str) -> int:
    """Run a command on this terminal; it is ended if we are."""
    process = subprocess.Popen(command, env={**os.environ, **variables})
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=4)
        process.kill()
        raise


def step(command: list[str], log: Path | None = None) -> int:
    """Run a step of the set-up; it and all that it started are ended if we are."""
    with contextlib.ExitStack() as stack:
        output = None
        if log:
            output = stack.enter_context(log.open("a", encoding="utf-8"))
            print(f"\n{time.ctime()}: {' '.join(command)}", file=output, flush=True)
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=True,
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def last_line(log: Path) -> str:
    lines = [line.strip() for line in read(log).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it said nothing"


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def fingerprint(paths: list[Path], skipped: set[str] = frozenset()) -> str:
    """A hash over the names and bytes of all files at and under the paths."""
    total = hashlib.sha256()
    for path in paths:
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(set(folders) - skipped)
            for name in sorted(names):
                file = Path(folder, name)
                total.update(f"{file.relative_to(ROOT)}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
        if path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
