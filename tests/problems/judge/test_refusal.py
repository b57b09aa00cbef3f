"""Where no process can be locked in, nothing is run, and it is said why."""

import os

import pytest

from problems.judge import lockdown, sandbox
from problems.judge.outcomes import Call
from problems.judge.sandbox import Sandbox, Unavailable, missing
from tests.problems.judge.zygotes import NO_LANDLOCK, NO_SECCOMP, sandbox_with

RIGHT = b"def double(x):\n    return 2 * x\n"


def test_ci_runs_where_the_sandbox_can(refusal):
    if os.environ.get("CI"):
        assert refusal == "", f"The sandbox was not tested. {refusal}"


def test_a_machine_that_cannot_judge_says_why(refusal):
    if refusal:
        with pytest.raises(Unavailable, match=r"\w.*\.$"):
            Sandbox().run(RIGHT, "double", [Call({"x": 2})])
    else:
        assert missing() == ""


@pytest.mark.parametrize(
    ("place", "name", "value", "said"),
    [
        (lockdown, "_libc", None, "Linux"),
        (sandbox, "missing_from_kernel", lambda: "It needs Landlock.", "Landlock"),
        (sandbox, "missing_from_library", lambda: "It needs libseccomp2.", "libseccomp2"),
    ],
)
def test_without_a_part_of_the_lock_no_zygote_starts(monkeypatch, place, name, value, said):
    monkeypatch.setattr(place, name, value)
    judge = Sandbox()
    with pytest.raises(Unavailable, match=said):
        judge.run(RIGHT, "double", [Call({"x": 2})])
    assert judge.pid == 0


@pytest.mark.skipif(missing() != "", reason="a part of the lock is missing")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((NO_SECCOMP,), "a socket"),
        ((NO_SECCOMP, NO_LANDLOCK), "opening /"),
        (("lockdown._prctl = lambda *a: None",), "locked in"),
        (("lockdown._forbid_files = lambda: 1 / 0",), "ZeroDivisionError"),
        (("child.serve = zygote.serve = lambda *a: None",), "locked in"),
    ],
    ids=["no filter", "nothing", "calls that do nothing", "a step that fails", "no attestation"],
)
def test_a_child_that_is_not_locked_is_sent_no_source(tmp_path, changes, said):
    proof = tmp_path / "it ran"
    judge = sandbox_with(tmp_path, *changes)
    source = f"open({str(proof)!r}, 'w').close()\ndef double(x): return 2 * x\n".encode()
    try:
        with pytest.raises(Unavailable, match=said):
            judge.run(source, "double", [Call({"x": 2})])
    finally:
        judge.close()
    assert not proof.exists()


@pytest.mark.skipif(missing() != "", reason="a part of the lock is missing")
def test_a_zygote_that_does_not_start_says_its_last_words(tmp_path):
    judge = sandbox_with(tmp_path, "raise RuntimeError('no room')")
    with pytest.raises(Unavailable, match="no room"):
        judge.run(RIGHT, "double", [Call({"x": 2})])
