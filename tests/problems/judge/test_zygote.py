"""The zygote: what it is, what it holds, and what happens when it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from problems.judge.outcomes import Call, Kind, Limits
from problems.judge.sandbox import Sandbox
from tests.problems.judge.zygotes import ROOT

DOUBLE = b"def double(x):\n    return 2 * x\n"
TWO = [Call({"x": 2})]


def value(sandbox):
    run = sandbox.run(DOUBLE, "double", TWO)
    assert run.fault == ""
    return run.outcomes[0].value


def test_a_zygote_holds_numpy_and_nothing_of_the_site(sandbox):
    maps = Path(f"/proc/{sandbox.pid}/maps").read_text()
    assert "numpy" in maps
    code = b"import sys\ndef names(): return sorted(m.split('.')[0] for m in sys.modules)"
    run = sandbox.run(code, "names", [Call({}, expected_bytes=50_000)])
    names = set(run.outcomes[0].value)
    assert "numpy" in names
    assert not names & {"django", "rest_framework", "celery", "kombu", "redis", "config", "compute"}


def test_a_zygote_has_an_empty_environment(sandbox):
    assert Path(f"/proc/{sandbox.pid}/environ").read_bytes() == b""


def test_a_zygote_has_only_its_own_descriptors(sandbox):
    value(sandbox)
    folder = Path(f"/proc/{sandbox.pid}/fd")
    opened = {one.name: os.readlink(one) for one in folder.iterdir()}
    assert {opened.pop(n) for n in "012"} == {"/dev/null"}
    (control,) = opened.values()
    assert control.startswith("socket:")


def test_a_child_has_five_descriptors_and_no_capability(sandbox):
    thread = threading.Thread(
        target=sandbox.run,
        args=(b"import time\ndef wait(): time.sleep(1.5)", "wait", [Call({})]),
    )
    thread.start()
    try:
        time.sleep(0.7)
        folder = Path(f"/proc/{sandbox.child}")
        status = dict(line.split(":\t") for line in (folder / "status").read_text().splitlines())
        if os.getuid() == 0:
            names = {one.name for one in (folder / "fd").iterdir()}
            assert names == {"0", "1", "2", "3", "4"}
            assert int(status["CapBnd"], 16) == 0
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[name], 16) == 0
        assert (status["Seccomp"].strip(), status["NoNewPrivs"].strip()) == ("2", "1")
        assert os.getsid(sandbox.child) == sandbox.child
    finally:
        thread.join()


def test_a_child_takes_little_memory_of_its_own(sandbox):
    thread = threading.Thread(
        target=sandbox.run,
        args=(b"import time\ndef wait(): time.sleep(1.5)", "wait", [Call({})]),
    )
    thread.start()
    try:
        time.sleep(0.7)
        rollup = Path(f"/proc/{sandbox.child}/smaps_rollup")
        try:
            lines = rollup.read_text().splitlines()
        except PermissionError:
            pytest.skip("only root may look into a locked process")
        private = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
        assert private < 4 * 1024
    finally:
        thread.join()


def test_a_zygote_that_was_killed_is_replaced():
    with Sandbox() as sandbox:
        before = sandbox.pid
        os.kill(before, signal.SIGKILL)
        assert value(sandbox) == 4
        assert sandbox.pid not in (0, before)


def test_a_zygote_that_dies_during_a_submission_is_replaced_and_the_submission_judged_once():
    code = b"import time\nprint('began')\ndef wait(x):\n    time.sleep(0.8)\n    return x"
    with Sandbox() as sandbox:
        before = sandbox.pid
        killer = threading.Timer(0.4, os.kill, (before, signal.SIGKILL))
        killer.start()
        run = sandbox.run(code, "wait", TWO)
        killer.join()
        assert (run.fault, run.outcomes[0].value) == ("", 2)
        assert sandbox.pid != before
        assert len(run.outcomes) == 1


def test_a_child_that_somebody_else_kills_is_tried_again_and_never_blamed():
    code = b"import time\ndef wait(x):\n    time.sleep(0.8)\n    return x"
    with Sandbox() as sandbox:
        timer = threading.Timer(0.4, lambda: os.kill(sandbox.child, signal.SIGKILL))
        timer.start()
        assert sandbox.run(code, "wait", TWO).outcomes[0].value == 2

        stop = threading.Event()

        def kill_all():
            while not stop.wait(0.2):
                if sandbox.child:
                    os.kill(sandbox.child, signal.SIGKILL)

        killer = threading.Thread(target=kill_all)
        killer.start()
        try:
            run = sandbox.run(code, "wait", TWO)
        finally:
            stop.set()
            killer.join()
        assert run.fault == "The process was ended from outside, by SIGKILL."
        assert run.outcomes[0].kind is Kind.NOT_RUN
        assert value(sandbox) == 4


def test_when_the_judge_is_killed_its_zygote_and_child_end():
    code = (
        "from problems.judge.sandbox import Sandbox\n"
        "from problems.judge.outcomes import Call\n"
        "import threading, time\n"
        "sandbox = Sandbox(); sandbox.start()\n"
        "source = b'import time\\ndef wait(): time.sleep(20)'\n"
        "arguments = source, 'wait', [Call({})]\n"
        "threading.Thread(target=sandbox.run, args=arguments, daemon=True).start()\n"
        "time.sleep(0.5)\n"
        "print(sandbox.pid, sandbox.child, flush=True)\n"
        "time.sleep(60)\n"
    )
    judge = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        zygote, child = map(int, judge.stdout.readline().split())
    finally:
        judge.kill()
        judge.communicate()
    deadline = time.monotonic() + 5
    while any(_is_alive(pid) for pid in (zygote, child)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_closed_sandbox_leaves_no_process_and_may_be_started_again():
    sandbox = Sandbox()
    assert value(sandbox) == 4
    zygote = sandbox.pid
    sandbox.close()
    assert sandbox.pid == 0
    assert not _is_alive(zygote)
    assert value(sandbox) == 4
    sandbox.close()


def test_a_process_that_was_forked_off_makes_a_zygote_of_its_own():
    with Sandbox() as sandbox:
        zygote = sandbox.pid
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            try:
                answer = value(sandbox)
                os.write(writing, f"{answer} {sandbox.pid}".encode())
                sandbox.close()
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading) as answers:
            answer, other = map(int, answers.read().split())
        os.waitpid(child, 0)
        assert answer == 4
        assert other not in (0, zygote)
        assert sandbox.pid == zygote
        assert value(sandbox) == 4


def test_a_run_that_is_interrupted_leaves_no_child_and_no_answer_behind(monkeypatch):
    class Interrupted(BaseException):
        pass

    def interrupt(talk):
        raise Interrupted

    with Sandbox() as sandbox:
        with monkeypatch.context() as patch:
            patch.setattr("problems.judge.conversation.Conversation.hold", interrupt)
            with pytest.raises(Interrupted):
                sandbox.run(DOUBLE, "double", TWO)
        assert (sandbox.pid, sandbox.child) == (0, 0)
        assert value(sandbox) == 4


def test_no_descriptor_is_left_open_by_runs(sandbox):
    value(sandbox)
    before = len(os.listdir("/proc/self/fd"))
    for code in (DOUBLE, b"import os; os._exit(0)", b"def double(x): return 'x' * 10**6", b"("):
        sandbox.run(code, "double", TWO, Limits(0.5))
    assert len(os.listdir("/proc/self/fd")) == before
