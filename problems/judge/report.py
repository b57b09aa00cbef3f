"""An exception of the learner's code as plain values, in words that help.

Runs in the locked process. Where the code meets the lock, the system's own words ("Operation not
permitted") are replaced by what is not there for a solution.
"""

import errno
import linecache
import re
import traceback
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from problems.judge.codec import Value

__all__ = ["FILE_NAME", "report"]

FILE_NAME = "submission.py"
MAX_MESSAGE = 2000
MAX_NAME = 100
MAX_NAMES = 20
NAME = re.compile(r"[^\W\d]\w*")

FORBIDDEN = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EMFILE)
ALONE = "a solution works with its arguments alone"
# Which part of the library was at work, or which word stands on the line, tells what was tried.
NETWORK = f"There is no network here: {ALONE}."
PROCESSES = f"No other program can be started here: {ALONE}."
THREADS = "No thread can be started here: a solution runs in one."
SIGNALS = "No signal can be sent here."
FILES = f"Files cannot be opened, looked at or changed here: {ALONE}."
OTHER = f"The system does not allow this here: {ALONE}."
BY_MODULE = {
    "socket": NETWORK,
    "subprocess": PROCESSES,
    "threading": THREADS,
    "pathlib": FILES,
    "tempfile": FILES,
    "shutil": FILES,
}
BY_WORD = (
    (re.compile(r"socket|connect|urlopen"), NETWORK),
    (re.compile(r"fork|exec|spawn|system|popen|Popen"), PROCESSES),
    (re.compile(r"kill|alarm|signal"), SIGNALS),
    (
        re.compile(r"open|stat|dir|remove|rename|file|path|walk|glob|load|save"),
        FILES,
    ),
)


def report(error: BaseException) -> Value:
    """`name`, `bases`, `message`, `line` and `shapes` of an exception; see outcomes.Raised."""
    kind = type(error)
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [(frame, line) for frame, line in frames if frame.f_code.co_filename == FILE_NAME]
    line = own[-1][1] if own else None
    text = linecache.getline(FILE_NAME, line) if line else ""
    bases: list[Value] = [base.__name__[:MAX_NAME] for base in kind.__mro__]
    return {
        "name": kind.__name__[:MAX_NAME],
        "bases": bases[:MAX_NAMES],
        "message": (_at_the_lock(error, frames, text) or str(error))[:MAX_MESSAGE],
        "line": line,
        "shapes": _shapes(own[-1][0], _last_text(error.__traceback__, text)) if own else {},
    }


def _at_the_lock(error: BaseException, frames: list[tuple[FrameType, int]], text: str) -> str:
    """What to say where the lock stood in the way; nothing where it did not."""
    if isinstance(error, RuntimeError):
        return THREADS if "can't start new thread" in str(error) else ""
    if not isinstance(error, OSError):
        return ""
    for frame, _ in reversed(frames):
        if said := BY_MODULE.get(str(frame.f_globals.get("__name__"))):
            return said
    if error.errno not in FORBIDDEN:
        return ""
    for words, said in BY_WORD:
        if words.search(text):
            return said
    return FILES if error.filename is not None else OTHER


def _last_text(trace: TracebackType | None, text: str) -> str:
    """The lines of the statement part that failed: more than `text` where it spans several."""
    last = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == FILE_NAME:
            positions = list(code.co_positions())[trace.tb_lasti // 2]
            first, end = positions[0] or trace.tb_lineno, positions[1] or trace.tb_lineno
            lines = range(first, min(end, first + MAX_NAMES) + 1)
            last = "".join(linecache.getline(FILE_NAME, number) for number in lines)
        trace = trace.tb_next
    return last or text


def _shapes(frame: FrameType, text: str) -> dict[str, Value]:
    """The shapes of the arrays that are named in a text, as they are now."""
    shapes: dict[str, Value] = {}
    for name in NAME.findall(text):
        if len(shapes) == MAX_NAMES:
            break
        value: Any = frame.f_locals.get(name, frame.f_globals.get(name))
        if issubclass(type(value), np.ndarray):
            shapes[name[:MAX_NAME]] = tuple(np.ndarray.view(value, np.ndarray).shape)
    return shapes
