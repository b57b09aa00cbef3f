"""The judge's side of the sandbox: one zygote, and for every submission one locked child of it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from problems.judge.codec import Value
from problems.judge.conversation import Conversation, Job, NotLocked, questions
from problems.judge.filter import allowed_calls, missing_from_library
from problems.judge.lockdown import missing_from_kernel
from problems.judge.outcomes import Call, Invalid, Kind, Limits, Outcome, Run

__all__ = ["Sandbox", "Unavailable", "missing"]

ZYGOTE = Path(__file__).parent / "zygote.py"
START_SECONDS = 30.0
REPLY_SECONDS = 30.0
MESSAGE_BYTES = 64 * 1024
MEGABYTE = 1024 * 1024
ATTEMPTS = 2
# Signals that a locked process cannot send to itself: somebody else ended it.
FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
CRASHES = {
    "SIGSEGV": "a memory access that is not allowed, often after a recursion without end",
    "SIGBUS": "a memory access that is not allowed",
    "SIGSYS": "a system call that is not allowed",
}
# How long a child that has fallen silent is given to end by itself, so that its end can be told
# from ours.
PATIENCE_SECONDS = 0.2
DEFAULT_LIMITS = Limits()
# For a package's `tests()`, which makes the inputs of all tests in one call.
TESTS_LIMITS = Limits(time_seconds=10.0, memory_mb=1024)
TESTS_BYTES = 4 * MEGABYTE


class Unavailable(Exception):
    """No process can be locked in here, so nothing was run; the text says why."""


class _Gone(Exception):
    """The zygote is dead or does not answer."""


class _Outside(Exception):
    """The child did not end, or was not done, by no fault of its own; the text says how."""


def missing() -> str:
    """Why this machine cannot judge, as a sentence; nothing where it can, as far as is known
    before a process has tried.
    """
    return missing_from_kernel() or missing_from_library()


class Sandbox:
    """One zygote and at any time at most one child of it; threads that share it wait in turn.

    A zygote that has died is replaced. A process that was forked off makes a zygote of its own.
    Every zygote hashes texts by a seed of its own.
    """

    zygote = ZYGOTE

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        # The process id of the child that is running, 0 for none.
        self.child = 0

    @property
    def pid(self) -> int:
        """The process id of the zygote, 0 where none is running."""
        return self._process.pid if self._process and self._owner == os.getpid() else 0

    def start(self) -> None:
        """Start the zygote and lock a first child in, to see that it can be. Raises Unavailable.

        `run` starts a zygote where none is; this says at once whether it could.
        """
        run = self.run(b"def nothing():\n    pass\n", "nothing", [Call({})])
        if run.fault:
            raise Unavailable(run.fault)

    def close(self) -> None:
        """End the zygote and its child. The sandbox may be started again."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self,
        source: bytes,
        function: str,
        calls: Sequence[Call],
        limits: Limits = DEFAULT_LIMITS,
        parameters: Sequence[str] = (),
    ) -> Run:
        """Execute the source, then call its function once a call, in one process and in order.

        Arguments go by position in the order of `parameters` as far as none is left out, and by
        name after that, so that learners may rename what they like; without `parameters` all go by
        position, in the order of the mapping. The process keeps its state between the calls, so
        what a learner may see must come before what they may not: a later print-out could hold
        what an earlier call was given.

        Never raises for what the source does. Raises Unavailable where no process can be locked
        in: then nothing of the source was sent to one. A `fault` in the answer is the judge's own;
        it comes after a second attempt, and nothing may be said about the source.
        """
        return self._run(source, function, calls, limits, parameters)

    def run_tests(self, source: bytes, limits: Limits = TESTS_LIMITS) -> tuple[list[Value], str]:
        """What `tests()` of a package's tests.py yields, and a sentence where it does not.

        The source is locked in like any other; only the limits are wider. Each test is a dict of
        plain values; whether it is a right one is for the caller to see.
        """
        call = Call({}, expected_bytes=TESTS_BYTES)
        run = self._run(source, "tests", [call], limits, (), collect=True)
        outcome = run.loading or run.outcomes[0]
        if run.fault:
            return [], run.fault
        if run.invalid:
            return [], _located(run.invalid.message, run.invalid.line)
        if raised := outcome.raised:
            return [], _located(f"{raised.name}: {raised.message}", raised.line)
        if not isinstance(outcome.value, list):
            return [], outcome.message
        return outcome.value, ""

    def _run(
        self,
        source: bytes,
        function: str,
        calls: Sequence[Call],
        limits: Limits,
        parameters: Sequence[str],
        collect: bool = False,
    ) -> Run:
        try:
            text = source.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            line = source[: exc.start].count(b"\n") + 1
            return _invalid(calls, Invalid("The source is not UTF-8.", line))
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            return _invalid(calls, Invalid("The source holds a null character.", line))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        job = Job(text, function, questions(calls, parameters), limits, collect)
        with self._lock:
            fault = ""
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return self._attempt(job, is_last=attempt == ATTEMPTS)
                except _Gone:
                    self._stop()
                    fault = "The sandbox's zygote died, or did not answer."
                except _Outside as exc:
                    fault = str(exc)
                except Unavailable:
                    raise
                except BaseException:
                    # Such as the end of the worker: neither a child nor an answer may stay behind.
                    self._stop()
                    raise
            return Run(_not_run(calls), fault=fault)

    def _attempt(self, job: Job, is_last: bool) -> Run:
        """One child. Raises _Gone and _Outside, after which another may be tried."""
        control = self._running()
        with contextlib.ExitStack() as stack:
            pipes = [os.pipe() for _ in range(3)]
            ours = (pipes[0][1], pipes[1][0], pipes[2][0])
            theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
            for descriptor in ours:
                stack.callback(os.close, descriptor)
            order = {
                # The last resort, should the judge's own clock not run.
                "cpu": int(job.limits.time_seconds) + 3,
                "memory": job.limits.memory_mb * MEGABYTE,
            }
            try:
                socket.send_fds(control, [json.dumps({"fork": order}).encode()], theirs)
            except OSError as exc:
                raise _Gone from exc
            finally:
                for descriptor in theirs:
                    os.close(descriptor)
            self.child = self._reply()["pid"]
            talk = Conversation(self.child, ours, job)
            try:
                talk.hold()
            except NotLocked as exc:
                self._end_child(0.0)
                raise Unavailable(f"The process could not be locked in: {exc}") from None
            is_silent = talk.over is not None and talk.over.is_silent
            usage = self._end_child(PATIENCE_SECONDS if is_silent else 0.0)
            return self._result(talk, usage, is_last)

    def _result(self, talk: Conversation, usage: dict[str, Any], is_last: bool) -> Run:
        over, cpu = talk.over, usage["cpu_seconds"] - talk.locked_cpu
        outcomes, loading = talk.outcomes, talk.loading
        if over is not None:
            if talk.is_starved and not is_last:
                raise _Outside("The process waited too long for a processor.")
            kind, message = over.kind, over.message
            if over.is_silent and not usage["killed"]:
                kind, message = _death(usage["status"], cpu, talk.job.limits)
            ended = talk.ended(kind, message, over.raised)
            if talk.is_loaded:
                outcomes = [*outcomes, ended]
            else:
                loading = ended
        not_run = [Outcome(Kind.NOT_RUN)] * (len(talk.job.questions) - len(outcomes))
        return Run(
            (*outcomes, *not_run),
            invalid=talk.invalid,
            loading=loading,
            memory_mb=max(0.0, (usage["memory"] - talk.locked_memory) / MEGABYTE),
            cpu_seconds=max(0.0, cpu),
        )

    def _end_child(self, patience: float) -> dict[str, Any]:
        """End the child, and answer how it ended and what it used."""
        assert self._control is not None
        try:
            self._control.send(json.dumps({"end": {"patience": patience}}).encode())
        except OSError as exc:
            raise _Gone from exc
        finally:
            self.child = 0
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self._control is not None
        try:
            answer = self._control.recv(MESSAGE_BYTES)
        except OSError as exc:  # a time-out included
            raise _Gone from exc
        if not answer:
            raise _Gone
        reply: dict[str, Any] = json.loads(answer)
        return reply

    def _running(self) -> socket.socket:
        """The way to a zygote that runs and is ours."""
        if self._owner != os.getpid():
            self._forget()
        if self._process is None or self._process.poll() is not None or self._control is None:
            self._stop()
            self._launch()
        assert self._control is not None
        return self._control

    def _launch(self) -> None:
        if reason := missing():
            raise Unavailable(reason)
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(self.zygote), str(theirs.fileno())],
                env={},
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self._control, self._owner = control, os.getpid()
        control.settimeout(START_SECONDS)
        try:
            control.send(allowed_calls())
            self._reply()
        except (OSError, _Gone):
            self._process.kill()
            _, said = self._process.communicate()
            self._stop()
            last = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise Unavailable(f"The sandbox's zygote does not start: {last}") from None
        control.settimeout(REPLY_SECONDS)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            # Its children die with it.
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
        self._process = self._control = None
        self.child = 0


def _death(status: int, cpu: float, limits: Limits) -> tuple[Kind, str]:
    """What the end of a process was that ended without the judge. Raises _Outside."""
    if status >= 0:
        return Kind.DIED, "The process ended itself before it had answered."
    name = signal.Signals(-status).name
    if cpu >= limits.time_seconds and name in ("SIGKILL", "SIGXCPU"):
        return Kind.TIME_LIMIT, f"Not done after {limits.time_seconds:g} s of computing."
    if name in FROM_OUTSIDE:
        raise _Outside(f"The process was ended from outside, by {name}.")
    return Kind.DIED, f"The process crashed: {CRASHES.get(name, name)}."


def _located(message: str, line: int | None) -> str:
    return f"{message} (line {line})" if line else message


def _not_run(calls: Sequence[Call]) -> tuple[Outcome, ...]:
    return tuple(Outcome(Kind.NOT_RUN) for _ in calls)


def _invalid(calls: Sequence[Call], reason: Invalid) -> Run:
    return Run(_not_run(calls), invalid=reason)
