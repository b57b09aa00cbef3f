"""The judge's talk with one locked child: questions out, answers in, within the limits.

All that comes in is untrusted from the moment the source is sent. Every length is bounded before it
is believed, and whatever does not fit is the submission's fault, never an exception here.
"""

import contextlib
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problems.judge.codec import DecodeError, Value, decode, encode
from problems.judge.lockdown import is_attested
from problems.judge.outcomes import Call, Invalid, Kind, Limits, Outcome, Raised

__all__ = ["Conversation", "Job", "NotLocked", "questions"]

# The same as in child.py, which only the zygote imports.
HEADER_BYTES = 5
QUESTION_DEPTH = 12
LOCK_SECONDS = 30.0
PART_BYTES = 64 * 1024
MAX_REPORT_BYTES = 32 * 1024
MAX_MESSAGE = 2000
MAX_SHAPES = 20
# A process that waited for a processor for this share of its time was on a busy machine.
STARVED_SHARE = 0.2

TOO_SOON = "The process answered before it was asked."
NO_ANSWER = "The process answered what no function returns."
SILENT = "The process closed its line to the judge."
TOO_LARGE = "The result is far larger than the expected one."


class NotLocked(Exception):
    """The child could not lock itself in. Nothing of the source was sent to it."""


class Over(Exception):
    """The child is of no more use: how its call ended, and what to say."""

    def __init__(
        self, kind: Kind, message: str, raised: Raised | None = None, is_silent: bool = False
    ) -> None:
        super().__init__(message)
        self.kind, self.message, self.raised = kind, message, raised
        # It will say nothing more: it has ended or is about to, if it did not just pretend.
        self.is_silent = is_silent


@dataclass(frozen=True)
class Question:
    """One call, ready to be sent, and the names of its arguments in the order in which they are."""

    names: Sequence[str]
    data: bytes
    result_bytes: int


@dataclass(frozen=True)
class Job:
    """What one child is asked. `collect` makes a list of what the function yields."""

    source: str
    function: str
    questions: Sequence[Question]
    limits: Limits
    collect: bool = False


def questions(calls: Sequence[Call], parameters: Sequence[str]) -> list[Question]:
    """The calls, ready to be sent. Raises ValueError for an argument that is no parameter, and
    NotPlain for one that is no plain value."""
    return [_question(call, parameters) for call in calls]


def _question(call: Call, parameters: Sequence[str]) -> Question:
    names = [name for name in parameters or call.arguments if name in call.arguments]
    if unknown := set(call.arguments) - set(names):
        raise ValueError(f"No parameter is called {', '.join(sorted(unknown))}.")
    # By position until one is left out.
    count = next(
        (i for i, (a, b) in enumerate(zip(names, parameters, strict=False)) if a != b), len(names)
    )
    question = {
        "by_position": [call.arguments[name] for name in names[:count]],
        "by_name": {name: call.arguments[name] for name in names[count:]},
    }
    return Question(names, encode(question, QUESTION_DEPTH), call.result_bytes)


class Conversation:
    """One child, from its attestation to the last answer; `hold` fills the results."""

    def __init__(self, pid: int, descriptors: tuple[int, int, int], job: Job) -> None:
        """The descriptors: to ask, to hear answers, to read what is printed. They stay open."""
        questions, answers, output = descriptors
        self.job = job
        self.pid = pid
        self.outcomes: list[Outcome] = []
        self.invalid: Invalid | None = None
        self.loading: Outcome | None = None
        self.is_loaded = False
        # Why the child is of no more use, and whether it had waited too long for a processor.
        self.over: Over | None = None
        self.is_starved = False
        # What it had used once it was locked in, in seconds and bytes: not the learner's doing.
        self.locked_cpu = 0.0
        self.locked_memory = 0
        self._questions, self._answers, self._output = questions, answers, output
        self._to_say = memoryview(b"")
        self._heard = bytearray()
        self._printed = bytearray()
        self._printed_before = 0
        self._poll = select.poll()
        for descriptor in (questions, answers, output):
            os.set_blocking(descriptor, False)
        for descriptor in (answers, output):
            self._poll.register(descriptor, select.POLLIN)
        self._asked = time.monotonic()
        self._wall_seconds = LOCK_SECONDS
        self._cpu_seconds = LOCK_SECONDS
        self._deadline = self._asked + LOCK_SECONDS
        self._lines = job.source.split("\n")

    def hold(self) -> None:
        """Lock, load, call. Raises NotLocked; all else ends up in the results."""
        self._wait_for_lock()
        try:
            self._load()
            if self.is_loaded:
                for question in self.job.questions:
                    self._call(question)
        except Over as over:
            self.over = over

    def ended(self, kind: Kind, message: str, raised: Raised | None = None) -> Outcome:
        """The outcome of the call, or of the loading, that has come to this."""
        self._drain_output()
        return Outcome(kind, None, raised, message, self._take_printed(), self._elapsed())

    def _wait_for_lock(self) -> None:
        try:
            letter, payload = self._hear()
            report = decode(payload) if letter == b"L" else payload.decode(errors="replace")
        except (Over, DecodeError) as exc:
            raise NotLocked(str(exc)) from None
        if not is_attested(report):
            raise NotLocked(f"its attestation is {report!r}")
        self.locked_cpu = self._cpu()
        self.locked_memory = self._memory()
        self._cpu_seconds = self.locked_cpu + self.job.limits.time_seconds
        self._wall_seconds = self.job.limits.wall_seconds
        self._deadline = time.monotonic() + self._wall_seconds

    def _load(self) -> None:
        job = {
            "source": self.job.source,
            "function": self.job.function,
            "calls": len(self.job.questions),
            "collect": self.job.collect,
        }
        self._ask(encode(job))
        letter, payload = self._hear()
        if letter == b"I":
            self.invalid = _invalid(payload)
        elif letter == b"S":
            self.is_loaded = True
        elif letter in (b"E", b"M"):
            self.loading = self._exception(letter, payload)
        else:
            raise Over(Kind.DIED, NO_ANSWER)

    def _call(self, question: Question) -> None:
        self._ask(question.data)
        letter, payload = self._hear(question.result_bytes)
        if letter == b"R":
            elapsed = self._elapsed()
            changed, value = _result(payload, question.names)
            printed = self._take_printed()
            outcome = Outcome(Kind.VALUE, value, None, "", printed, elapsed, changed)
        elif letter in (b"E", b"M"):
            outcome = self._exception(letter, payload)
        else:
            raise Over(Kind.DIED, NO_ANSWER)
        self.outcomes.append(outcome)

    def _exception(self, letter: bytes, payload: bytes) -> Outcome:
        """Of a call or of the loading. Raises Over for a MemoryError: nothing more is run."""
        raised = self._raised(letter, payload)
        if letter == b"M":
            limit = self.job.limits.memory_mb
            raise Over(Kind.MEMORY_LIMIT, f"More than {limit} MB of memory were needed.", raised)
        return self.ended(Kind.EXCEPTION, raised.message, raised)

    def _ask(self, data: bytes) -> None:
        if self._heard:
            raise Over(Kind.DIED, TOO_SOON)
        self._to_say = memoryview(len(data).to_bytes(4, "little") + data)
        self._asked = time.monotonic()
        self._write()

    def _hear(self, result_bytes: int = 0) -> tuple[bytes, bytes]:
        """The next answer: its letter and what it holds. Raises Over."""
        while (length := self._length(result_bytes)) is None:
            self._pump()
            # An answer that is here has come in time, however late the judge looks.
            if self._length(result_bytes) is None:
                self._check_time()
        if self._to_say:
            raise Over(Kind.DIED, TOO_SOON)
        letter = bytes(self._heard[:1])
        payload = bytes(self._heard[HEADER_BYTES : HEADER_BYTES + length])
        del self._heard[: HEADER_BYTES + length]
        self._drain_output()
        self._check_output()
        return letter, payload

    def _length(self, result_bytes: int) -> int | None:
        """How long the answer is that has come; None while it has not. Raises Over if too long."""
        if len(self._heard) < HEADER_BYTES:
            return None
        length = int.from_bytes(self._heard[1:HEADER_BYTES], "little")
        if length > (result_bytes if self._heard[:1] == b"R" else MAX_REPORT_BYTES):
            raise Over(Kind.OUTPUT_LIMIT, TOO_LARGE)
        return length if len(self._heard) >= HEADER_BYTES + length else None

    def _pump(self) -> None:
        """Wait until there is something to read or a limit is reached; read, and write the rest."""
        left = min(self._deadline - time.monotonic(), self._cpu_seconds - self._cpu())
        if self._to_say:
            self._poll.register(self._questions, select.POLLOUT)
        events = dict(self._poll.poll(max(0.0, left) * 1000 + 1))
        if self._to_say:
            self._poll.unregister(self._questions)
            if self._questions in events:
                self._write()
        if self._output in events:
            if not self._read_output():
                self._poll.unregister(self._output)
            self._check_output()
        if self._answers in events:
            data = os.read(self._answers, PART_BYTES)
            if not data:
                raise Over(Kind.DIED, SILENT, is_silent=True)
            self._heard += data

    def _check_time(self) -> None:
        if self._cpu() >= self._cpu_seconds:
            seconds = self.job.limits.time_seconds
            raise Over(Kind.TIME_LIMIT, f"Not done after {seconds:g} s of computing.")
        if time.monotonic() >= self._deadline:
            self.is_starved = self._was_starved()
            said = f"Not done after {self._wall_seconds:g} s by the clock."
            raise Over(Kind.TIME_LIMIT, said)

    def _was_starved(self) -> bool:
        """Did the child wait for a processor much of the time, and so could not be done?"""
        try:
            words = Path(f"/proc/{self.pid}/schedstat").read_text().split()
        except OSError:
            return os.getloadavg()[0] > (os.cpu_count() or 1)
        return int(words[1]) / 1e9 >= STARVED_SHARE * self._wall_seconds

    def _cpu(self) -> float:
        """Seconds of CPU that the child has used, by the kernel's own clock of that process."""
        try:
            return time.clock_gettime(~self.pid << 3 | 2)
        except OSError:  # it has ended
            return 0.0

    def _memory(self) -> int:
        """Bytes that the child has in memory."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError):
            try:
                while self._to_say:
                    self._to_say = self._to_say[os.write(self._questions, self._to_say) :]
            except BrokenPipeError:
                # It has closed its ear; its silence, or its end, is what it answers.
                self._to_say = memoryview(b"")

    def _read_output(self) -> bool:
        """Read what is there of the output; is there, or may there be, more?"""
        try:
            data = os.read(self._output, PART_BYTES)
        except BlockingIOError:
            return True
        self._printed += data
        return bool(data)

    def _drain_output(self) -> None:
        """Read what has been printed until now, or until it is too much."""
        length = -1
        while length < len(self._printed) <= self._room():
            length = len(self._printed)
            self._read_output()

    def _room(self) -> int:
        """How many bytes may be printed before the next call."""
        return self.job.limits.output_bytes - self._printed_before

    def _check_output(self) -> None:
        if len(self._printed) > self._room():
            limit = self.job.limits.output_bytes
            raise Over(Kind.OUTPUT_LIMIT, f"More than {limit // 1024} KB were printed.")

    def _take_printed(self) -> str:
        """What was printed since the last time, within the limit of all output."""
        text = bytes(self._printed[: self._room()]).decode(errors="replace")
        self._printed_before += len(self._printed)
        self._printed.clear()
        return text

    def _elapsed(self) -> float:
        return (time.monotonic() - self._asked) * 1000

    def _raised(self, letter: bytes, payload: bytes) -> Raised:
        """The report of an exception, as far as it is one."""
        report: Any = _decoded(payload)
        if not isinstance(report, dict):
            report = {}
        line = report.get("line")
        known = type(line) is int and 0 < line <= len(self._lines)
        default = "MemoryError" if letter == b"M" else "Exception"
        return Raised(
            name=_text(report.get("name"), 100) or default,
            bases=tuple(_text(one, 100) for one in _items(report.get("bases"))),
            message=_text(report.get("message"), MAX_MESSAGE),
            line=line if known else None,
            text=self._lines[line - 1] if known else "",
            shapes=_shapes(report.get("shapes")),
        )


def _decoded(payload: bytes) -> Value:
    try:
        return decode(payload, QUESTION_DEPTH)
    except DecodeError:
        raise Over(Kind.DIED, NO_ANSWER) from None


def _result(payload: bytes, names: Sequence[str]) -> tuple[tuple[str, ...], Value]:
    """The names of the arguments that were changed, and the value that was returned."""
    match _decoded(payload):
        case (list(changed), value):
            indices = [i for i in changed if type(i) is int and 0 <= i < len(names)]
            if len(indices) == len(changed):
                return tuple(names[i] for i in indices), value
    raise Over(Kind.DIED, NO_ANSWER)


def _invalid(payload: bytes) -> Invalid:
    report: Any = _decoded(payload)
    if not isinstance(report, dict):
        raise Over(Kind.DIED, NO_ANSWER)
    line = report.get("line")
    return Invalid(_text(report.get("message"), MAX_MESSAGE), line if type(line) is int else None)


def _shapes(value: object) -> dict[str, tuple[int, ...]]:
    if not isinstance(value, dict):
        return {}
    return {
        _text(name, 100): tuple(shape)
        for name, shape in list(value.items())[:MAX_SHAPES]
        if isinstance(shape, tuple) and all(type(side) is int for side in shape)
    }


def _items(value: object) -> list[object]:
    return value[:MAX_SHAPES] if isinstance(value, list) else []


def _text(value: object, longest: int) -> str:
    return value[:longest] if isinstance(value, str) else ""
