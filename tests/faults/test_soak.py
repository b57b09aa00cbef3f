"""`make soak`, for seconds instead of minutes."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.lanes import lane
from tests.processes import ROOT, environment, eventually


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """One that would run for 20 s; everything that it starts is known by its folder."""
    command = [sys.executable, "-u", "-m", "tests.soak", "--seed=7", f"--database={lane()}"]
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            [*command, f"--minutes={20 / 60}"],
            cwd=ROOT,
            env=environment(tmp_path, TMPDIR=str(tmp_path)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def left_over(folder: Path) -> list[str]:
    """The processes that have this folder in their environment, or live in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_of_it = f"={folder}".encode() in (process / "environ").read_bytes()
            if is_of_it or str((process / "cwd").readlink()).startswith(str(folder)):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_random_faults_under_random_work_lose_nothing(soak, tmp_path: Path):
    status = soak.wait(timeout=300)
    output = (tmp_path / "output").read_text()
    print(output)
    assert status == 0, output
    assert "seed 7" in output
    for counter in ("lost", "finished twice", "result of another"):
        assert f"\n{counter} = 0\n" in output
    assert left_over(tmp_path) == []


def test_ctrl_c_ends_all_of_it(soak, tmp_path: Path):
    def is_under_way() -> bool:
        assert soak.poll() is None, (tmp_path / "output").read_text()
        return "\nfault: " in (tmp_path / "output").read_text()

    eventually(is_under_way, 90, "the first fault")
    assert len(left_over(tmp_path)) > 4
    os.kill(soak.pid, signal.SIGINT)
    assert soak.wait(timeout=60) == 130
    assert left_over(tmp_path) == []
