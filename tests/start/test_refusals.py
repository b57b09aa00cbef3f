"""What start.py refuses, each in one sentence and without a traceback."""

import ast
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, free_port

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout in which nothing has been set up: start.py and the locks are all it needs."""
    for name in ("start.py", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def refusal(folder: Path, *words: str, **variables: str) -> str:
    """The one line that start.py prints when it refuses."""
    result = subprocess.run(
        [sys.executable, str(folder / "start.py"), *words],
        env=environment(folder / "var", **{"PORT": str(free_port()), **variables}),
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def with_startup_code(folder: Path, code: str) -> dict[str, str]:
    """Variables under which every Python first runs the code."""
    (folder / "startup").mkdir()
    (folder / "startup" / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(folder / "startup")}


def test_start_py_is_parsed_by_python_3_8():
    ast.parse((ROOT / "start.py").read_text(), feature_version=(3, 8))


def test_a_python_too_old_is_told_which_one_to_take(folder: Path):
    old = with_startup_code(folder, "import sys; sys.version_info = (3, 9, 2, 'final', 0)")
    text = refusal(folder, **old)
    assert text.startswith("Casebook needs Python 3.11 or newer and this is Python 3.9; run ")


def test_a_python_without_venv_is_told_what_to_install(folder: Path):
    text = refusal(folder, **with_startup_code(folder, "import sys; sys.modules['ensurepip']=None"))
    assert "python3-venv" in text


def test_without_a_network_the_packages_are_named(folder: Path):
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    text = refusal(folder, **offline)
    assert text.startswith("The packages of requirements.txt could not be installed (")
    assert "check the network" in text
    assert not (folder / ".venv" / "installed").exists()


def test_a_half_made_environment_is_made_again(folder: Path):
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").write_text("cut short")
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    assert "could not be installed" in refusal(folder, **offline)
    subprocess.run([folder / ".venv" / "bin" / "python", "-c", "import pip"], check=True)


def test_a_taken_port_is_named(folder: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = refusal(folder, PORT=str(port))
    assert text.startswith(f"Port {port} on 127.0.0.1 cannot be used (")
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(folder: Path, port: str):
    assert refusal(folder, PORT=port) == f"PORT must be a number from 1 to 65535, not '{port}'."


def test_a_public_host_needs_an_address_and_a_secret(folder: Path):
    assert "set SITE_URL and SECRET_KEY too" in refusal(folder, HOST="0.0.0.0")


def test_a_public_address_needs_a_secret(folder: Path):
    assert "set SECRET_KEY" in refusal(folder, SITE_URL="https://casebook.example")


@pytest.fixture
def read_only(folder: Path) -> Iterator[Path]:
    """The checkout in a place that everyone may read and only its owner may write."""
    # Directly below /tmp, because the parents of pytest's folders are closed to other users.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="casebook-read-only-") as name:
        place = Path(name)
        shutil.copytree(folder, place, dirs_exist_ok=True)
        place.chmod(0o555)
        yield place
        place.chmod(0o755)


def refusal_to_an_ordinary_user(folder: Path, state: Path) -> str:
    """As `refusal`, but by a process that has given up being root, where we are root."""
    # start.py is imported first: the Python itself may lie where only root can read it.
    code = f"""
import os, sys
sys.path.insert(0, {str(folder)!r})
import start
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
sys.exit(start.main([]))
"""
    result = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env=environment(state, PORT=str(free_port())),
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1, result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def test_a_state_folder_that_cannot_be_made_is_named(read_only: Path):
    text = refusal_to_an_ordinary_user(read_only, read_only / "var")
    assert text.startswith(f"Casebook may not write to {read_only / 'var'}; copy its folder to ")


def test_a_checkout_that_cannot_be_written_to_is_named(read_only: Path):
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="casebook-state-") as state:
        Path(state).chmod(0o777)
        text = refusal_to_an_ordinary_user(read_only, Path(state))
    assert text.startswith(f"Casebook may not write to {read_only}; copy its folder to ")


def test_an_unknown_command_is_answered_by_the_known_ones(folder: Path):
    text = refusal(folder, "rnu")
    assert text == "start.py knows no command 'rnu'; it knows run, demo, test, check, setup."


def test_no_other_command_takes_further_words(folder: Path):
    assert "takes no further words" in refusal(folder, "run", "--port=80")


def test_https_without_a_trusted_proxy_is_said_to_redirect_for_ever(folder: Path):
    def said(**variables: str) -> str:
        given = {"SITE_URL": "https://casebook.example", "SECRET_KEY": "x" * 50, **variables}
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            result = subprocess.run(
                [sys.executable, str(folder / "start.py")],
                env=environment(folder / "var", PORT=port, **given),
                check=False,
                capture_output=True,
                text=True,
            )
        assert f"Port {port}" in result.stderr
        return result.stdout

    assert "TRUSTED_PROXIES" in said()
    assert said(TRUSTED_PROXIES="127.0.0.1") == ""
    assert said(SITE_URL="http://casebook.example") == ""
