"""Nothing that a source tries gets through, for root and an ordinary user; and each lock is why."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy
import pyseccomp
import pytest

from problems.judge.compare import compare
from problems.judge.outcomes import Call, Kind, Limits
from tests.problems.judge.attacks import BODIES, LIES, LIMITED, got_through, source
from tests.problems.judge.zygotes import (
    FORGED,
    NO_LANDLOCK,
    NO_LIMITS,
    NO_SECCOMP,
    ROOT,
    sandbox_with,
)

RIGHT = b"def double(x):\n    return 2 * x\n"


@pytest.mark.parametrize("name", [*BODIES, *LIMITED])
def test_an_attack_fails_and_the_next_submission_is_judged(sandbox, name):
    assert got_through(sandbox, [name]) == []
    assert sandbox.run(RIGHT, "double", [Call({"x": 2})]).outcomes[0].value == 4


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_not_taken_for_the_right_answer(sandbox, name):
    code = textwrap.dedent(LIES[name]).encode()
    expected = [1.5, 2.5]
    run = sandbox.run(code, "attack", [Call({"target": ""})] * 2, Limits(time_seconds=1.0))
    assert not run.fault
    for outcome in run.outcomes:
        assert outcome.kind is not Kind.VALUE or compare(expected, outcome.value, 1e-3, 1e-3)


@pytest.mark.skipif(os.getuid() != 0, reason="the tests above ran as an ordinary user")
def test_attacks_fail_for_an_ordinary_user_with_an_interpreter_in_a_private_folder():
    nobody = pwd.getpwnam("nobody")
    # Not below pytest's folder, which nobody may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = _private_interpreter(folder)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        folder.chmod(0o700)
        ended = subprocess.run(
            [python, "-m", "tests.problems.judge.attacks"],
            cwd=folder,
            env={"HOME": "/nonexistent"},
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout) == {
        "user": nobody.pw_uid,
        "tried": len(BODIES) + len(LIMITED),
        "through": [],
    }


def _private_interpreter(folder: Path) -> Path:
    """A virtual environment with NumPy and the judge, below a folder."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [Path(sys._base_executable).resolve(), Path("/usr/bin") / version]
    base = next((one for one in candidates if _is_open_to_all(one)), None)
    if base is None:
        pytest.skip("no interpreter that an ordinary user could use")
    subprocess.run([base, "-m", "venv", "--without-pip", "--copies", folder / "venv"], check=True)
    site = folder / "venv" / "lib" / version / "site-packages"
    packages = Path(numpy.__file__).parent.parent
    skipped = shutil.ignore_patterns("__pycache__")
    for package in ("numpy", "numpy.libs"):
        if (packages / package).exists():
            shutil.copytree(packages / package, site / package, ignore=skipped)
    shutil.copy(pyseccomp.__file__, site)
    for part in ("problems/judge", "tests/problems/judge"):
        shutil.copytree(ROOT / part, folder / part, ignore=skipped)
    for package in ("problems", "tests"):
        (folder / package / "__init__.py").touch()
    return folder / "venv" / "bin" / "python"


def _is_open_to_all(path: Path) -> bool:
    return path.exists() and all(one.stat().st_mode & 0o001 for one in (path, *path.parents))


def test_without_the_filter_of_calls_attacks_get_through(tmp_path):
    names = ["stat", "exists", "uname", "getcwd", "socket", "socket in C", "fork"]
    judge = sandbox_with(tmp_path, NO_SECCOMP, FORGED)
    try:
        assert got_through(judge, [*names, "open", "listdir"]) == names
    finally:
        judge.close()


def test_without_the_filter_and_landlock_files_are_open(tmp_path):
    names = ["open", "numpy loadtxt", "pathlib", "ctypes fopen", "exists"]
    judge = sandbox_with(tmp_path, NO_SECCOMP, NO_LANDLOCK, NO_LIMITS, FORGED)
    try:
        assert got_through(judge, names) == names
    finally:
        judge.close()


def test_without_limits_memory_is_there(tmp_path):
    judge = sandbox_with(tmp_path, NO_LIMITS)
    try:
        assert got_through(judge, ["memory in C"]) == ["memory in C"]
    finally:
        judge.close()


def test_a_patched_numpy_is_not_there_for_the_next_submission(sandbox):
    spoilt = b"""
import builtins, numpy, problems.judge.codec as codec, sys, os, random
builtins.sum = numpy.sum = numpy.linalg.norm = codec.encode = lambda *a, **k: 42
numpy.random.seed(1); random.seed(1); os.environ["LEFT"] = "behind"
sys.modules["left"] = sys; sys.path.append("left")
def look(): return 1
"""
    sandbox.run(spoilt, "look", [Call({})])
    clean = b"""
import numpy, os, sys
def look():
    return [sum([1, 2]), float(numpy.linalg.norm([3.0, 4.0])), dict(os.environ),
            "left" in sys.modules, "left" in sys.path]
"""
    run = sandbox.run(clean, "look", [Call({})], Limits())
    assert run.outcomes[0].value == [3, 5.0, {}, False, False]


def test_another_abi_ends_the_process(sandbox):
    # int 0x80 on x86-64: the calls of 32 bits, whose numbers mean something else.
    if os.uname().machine != "x86_64":
        pytest.skip("another architecture")
    body = """
import ctypes, mmap
code = b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3"
area = mmap.mmap(-1, 4096, prot=7)
area.write(code)
return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
"""
    outcome = sandbox.run(source(body), "attack", [Call({"target": ""})]).outcomes[0]
    assert outcome.kind is Kind.DIED
    assert "system call" in outcome.message
