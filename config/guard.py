"""Kills what a supervisor leaves behind when it is killed itself.

Every child, which leads a process group of its own, writes `+GROUP` to this process as its first
act, and the supervisor writes `-GROUP` when the group is gone. When the pipe closes, because the
supervisor ended in whatever way, every group still listed is killed. Standard library only, and
run by its path, so that it costs neither time nor memory.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
