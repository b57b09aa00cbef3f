"""The fork server: a process with NumPy imported, no Django, no environment and no secrets.

Started by its path (`python -I zygote.py DESCRIPTOR`), talks with one judge over one socket in
datagrams. The first is the filter of system calls; the answer, {"memory": bytes}, says that it has
begun, and how large it is. Then:

    {"fork": {"memory": bytes, "cpu": seconds}} with three descriptors (questions, answers, output)
        starts a locked child; answered by {"pid": …}
    {"end": {"patience": seconds}}
        waits so long for the child to end by itself, then kills it; answered by
        {"killed": …, "status": …, "cpu_seconds": …, "memory": …}

There is at most one child at a time. When the judge is gone, the child and this process end.
"""

import fcntl
import gc
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

# The interpreter is isolated, so the way to this package is shown to it; the folder goes again, and
# nothing else of the project can be imported. OpenBLAS reads how many threads it may have when
# NumPy is imported: more than one would not survive a fork.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from problems.judge.allowed import import_all, not_available
from problems.judge.child import LENGTH, serve
from problems.judge.lockdown import lock

sys.path.pop(0)

MESSAGE_BYTES = 64 * 1024
QUESTIONS, ANSWERS = 3, 4
ALL_DESCRIPTORS = 1 << 20


class NotHere:
    """Finds no module, and says what there is instead. The only finder that a solution meets."""

    def find_spec(self, name: str, path: object, target: object = None) -> NoReturn:
        raise ModuleNotFoundError(not_available(name), name=name)


def main(descriptor: int) -> None:
    control = socket.socket(fileno=descriptor)
    import_all()
    sys.meta_path[:] = [NotHere()]
    os.environ.clear()
    program = control.recv(MESSAGE_BYTES)
    if len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("The zygote has threads, so that it must not fork.")
    pages = Path("/proc/self/statm").read_text().split()[0]
    memory = int(pages) * resource.getpagesize()
    # A child then shares all this, untouched by its collector.
    gc.collect()
    gc.freeze()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    _say(control, {"memory": memory})
    _wait(control, program, memory)


def _wait(control: socket.socket, program: bytes, own_memory: int) -> None:
    """Do what the judge says, until it is gone."""
    child = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 3)
        if not message:
            if child:
                _end(child, 0.0)
            return
        order: dict[str, Any] = json.loads(message)
        if "fork" in order:
            zygote = os.getpid()
            child = os.fork()
            if child == 0:
                memory = own_memory + order["fork"]["memory"]
                _be_child(descriptors, memory, order["fork"]["cpu"], program, zygote)
            for descriptor in descriptors:
                os.close(descriptor)
            _say(control, {"pid": child})
        else:
            _say(control, _end(child, order["end"]["patience"]))
            child = 0


def _end(child: int, patience: float) -> dict[str, Any]:
    """End the child; how it ended, whether that was by this, and what it used."""
    deadline = time.monotonic() + patience
    ended, status, usage = os.wait4(child, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        time.sleep(0.001)
        ended, status, usage = os.wait4(child, os.WNOHANG)
    killed = not ended
    if killed:
        os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    return {
        "killed": killed,
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
    }


def _say(control: socket.socket, answer: dict[str, Any]) -> None:
    control.send(json.dumps(answer).encode())


def _be_child(
    descriptors: list[int], memory: int, cpu: int, program: bytes, zygote: int
) -> NoReturn:
    """Lock this process in, serve the judge, end. Never returns into the zygote's own code."""
    answers = descriptors[1]
    try:
        os.setsid()
        _arrange(*descriptors)
        answers = ANSWERS
        # One stream, so that print-outs and warnings keep their order; of text of any kind, and by
        # the line, so that what is printed before a crash is not lost.
        sys.stdout = sys.stderr = open(  # noqa: SIM115
            1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
        )
        lock(memory, cpu, program, zygote)
    except BaseException as exc:
        reason = repr(exc).encode()
        os.write(answers, b"X" + LENGTH.pack(len(reason)) + reason)
        os._exit(1)
    try:
        serve(QUESTIONS, ANSWERS)
    finally:
        os._exit(0)


def _arrange(questions: int, answers: int, output: int) -> None:
    """Descriptors 0 (nothing), 1 and 2 (output), 3 (questions), 4 (answers), and no others."""
    # Above all targets first, so that none is overwritten before it has moved.
    high = [fcntl.fcntl(one, fcntl.F_DUPFD, 100) for one in (questions, answers, output)]
    for descriptor, target in zip((high[2], high[2], high[0], high[1]), (1, 2, 3, 4), strict=True):
        os.dup2(descriptor, target)
    os.closerange(5, ALL_DESCRIPTORS)


if __name__ == "__main__":
    main(int(sys.argv[1]))
