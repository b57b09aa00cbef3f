"""What runs in the locked process: receives the source, executes it, calls its function.

Nothing here is trusted once the source has started, and nothing here is a verdict: only what the
function returned or raised goes back. A question is its length and its bytes; an answer begins with
a letter:

    L  locked, with the attestation; the judge sends nothing before it
    I  the source cannot be run: why, and the line
    S  the source is executed, the function is there
    R  the function returned: which arguments it changed, and the value
    E  an exception: its report
    M  the same for a MemoryError, after which nothing more is run
"""

import linecache
import os
import struct
import sys
import types
from collections.abc import Callable
from typing import Any

from problems.judge.codec import MAX_DEPTH, NotPlain, Value, decode, encode
from problems.judge.lockdown import attest
from problems.judge.report import FILE_NAME, report

__all__ = ["LENGTH", "QUESTION_DEPTH", "serve"]

LENGTH = struct.Struct("<I")
# Around a value stand the tuple of a question or an answer, and in tests.py a list and two dicts.
QUESTION_DEPTH = MAX_DEPTH + 4
MODULE = "submission"


def serve(questions: int, answers: int) -> None:
    """Talk with the judge over two descriptors. Returns when all is said; the caller then exits."""
    printed = sys.stdout

    def answer(letter: bytes, value: Value) -> None:
        # What was printed must be there before the answer that ends its call.
        for stream in (printed, sys.stdout):
            try:
                stream.flush()
            except BaseException:  # the learner's own stream may do anything
                continue
        _send(answers, letter, encode(value, QUESTION_DEPTH))

    answer(b"L", attest())
    job: Any = decode(_receive(questions), QUESTION_DEPTH)
    try:
        code = compile(job["source"], FILE_NAME, "exec", dont_inherit=True)
    except SyntaxError as exc:
        answer(b"I", {"message": f"{exc.msg}.", "line": exc.lineno})
        return
    except (MemoryError, RecursionError, ValueError, OverflowError) as exc:
        answer(b"I", {"message": f"The source cannot be compiled: {exc}.", "line": None})
        return

    lines = [f"{line}\n" for line in job["source"].split("\n")]
    linecache.cache[FILE_NAME] = (len(job["source"]), None, lines, FILE_NAME)
    module = types.ModuleType(MODULE)
    # Data classes and enumerations look their module up.
    sys.modules[MODULE] = module
    try:
        exec(code, module.__dict__)
    except BaseException as exc:
        answer(*_failure(exc))
        return
    function = module.__dict__.get(job["function"])
    if not callable(function):
        answer(b"I", {"message": _no_function(job["function"], module), "line": None})
        return

    answer(b"S", None)
    for _ in range(job["calls"]):
        question: Any = decode(_receive(questions), QUESTION_DEPTH)
        letter, value = _call(function, question, job["collect"])
        answer(letter, value)
        if letter == b"M":
            return


def _call(
    function: Callable[..., object], question: dict[str, Any], collect: bool
) -> tuple[bytes, Value]:
    """One call as an answer. `collect` makes a list of what the function yields."""
    by_position, by_name = question["by_position"], question["by_name"]
    arguments = [*by_position, *by_name.values()]
    before = [encode(argument) for argument in arguments]
    try:
        returned: Any = function(*by_position, **by_name)
        if collect:
            returned = list(returned)
    except BaseException as exc:
        return _failure(exc)
    changed: list[Value] = [
        index
        for index, (argument, data) in enumerate(zip(arguments, before, strict=True))
        if not _is_still(argument, data)
    ]
    try:
        # Only a copy of plain values leaves, so that nothing is asked of the learner's objects.
        depth = QUESTION_DEPTH - 1 if collect else MAX_DEPTH
        value = decode(encode(returned, depth), depth)
    except MemoryError as exc:
        return _failure(exc)
    except BaseException as exc:
        said = str(exc) if isinstance(exc, NotPlain) else "It cannot be read."
        # By the name of what it is to a learner: never an error that a problem may ask for.
        error = TypeError(f"What the function returned cannot be judged. {said}")
        return b"E", report(error)
    return b"R", (changed, value)


def _is_still(argument: object, data: bytes) -> bool:
    try:
        return encode(argument) == data
    except BaseException:  # it holds what is no plain value now
        return False


def _failure(error: BaseException) -> tuple[bytes, Value]:
    letter = b"M" if issubclass(type(error), MemoryError) else b"E"
    try:
        return letter, report(error)
    except BaseException:  # no memory is left, or the exception's own methods failed
        return letter, None


def _no_function(name: str, module: types.ModuleType) -> str:
    if name in module.__dict__:
        return f"{name} is not a function."
    others = [
        key
        for key, value in module.__dict__.items()
        if isinstance(value, types.FunctionType) and value.__module__ == MODULE
    ]
    found = f" It defines {', '.join(others[:5])}." if others else ""
    return f"The source does not define the function {name}.{found}"


def _receive(descriptor: int) -> bytes:
    (length,) = LENGTH.unpack(_read(descriptor, LENGTH.size))
    return _read(descriptor, length)


def _read(descriptor: int, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = os.read(descriptor, min(length - len(data), 1 << 20))
        if not part:
            os._exit(0)  # the judge is gone
        data += part
    return bytes(data)


def _send(descriptor: int, letter: bytes, payload: bytes) -> None:
    rest = memoryview(letter + LENGTH.pack(len(payload)) + payload)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
