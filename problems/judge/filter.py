"""The allow-list of system calls, as a program for the kernel. Built by the judge, not the zygote.

What is not named answers EPERM. Absent on purpose: whatever opens, looks at or changes a file,
whatever makes a process or a thread, sockets, signals to others, and every call not needed to
compute, print and answer. A call of another ABI ends the process. The library behind `pyseccomp` is
libseccomp2, which Debian's apt itself needs, so that it is on every Debian and its images.
"""

import errno
import tempfile
from functools import cache

try:
    import pyseccomp as seccomp
except (ImportError, OSError, RuntimeError) as exc:
    # No Linux, or a Linux without libseccomp2.
    seccomp = None
    REASON = str(exc)

__all__ = ["allowed_calls", "missing_from_library"]

COMPUTE = (
    "brk",
    "futex",
    "getrandom",
    "gettimeofday",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "nanosleep",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "sigaltstack",
    "time",
)
ANSWER = ("close", "read", "write")
LEAVE = ("exit", "exit_group")
LOOK_AT_ONESELF = ("getpid", "gettid", "getrusage", "times")

# Clocks above these are those of other processes.
CLOCKS = ("clock_getres", "clock_gettime", "clock_nanosleep")
LAST_CLOCK = 11
# Of prctl, what the attestation asks: the mode of seccomp, and no_new_privs.
PRCTL_OPTIONS = (21, 39)


def missing_from_library() -> str:
    """What this machine lacks to build the filter, as a sentence; nothing where it can."""
    if seccomp is None:
        return f"The judge needs pyseccomp and the library libseccomp2 ({REASON})."
    return ""


@cache
def allowed_calls() -> bytes:
    """The program: struct sock_filter, eight bytes an instruction."""
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in (*COMPUTE, *ANSWER, *LEAVE, *LOOK_AT_ONESELF):
        # Some architectures never had `time`; such a name has a negative number.
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:
            rules.add_rule(seccomp.ALLOW, name)
    for name in CLOCKS:
        rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(0, seccomp.LE, LAST_CLOCK))
    for option in PRCTL_OPTIONS:
        rules.add_rule(seccomp.ALLOW, "prctl", seccomp.Arg(0, seccomp.EQ, option))
    # Its own limits may be read: no process but oneself, and nothing to set.
    nobody_else, nothing = seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(2, seccomp.EQ, 0)
    rules.add_rule(seccomp.ALLOW, "prlimit64", nobody_else, nothing)
    rules.add_rule(seccomp.ALLOW, "sched_getaffinity", nobody_else)
    # The C library then tries clone, and says that a thread cannot be started.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    with tempfile.TemporaryFile() as program:
        rules.export_bpf(program)
        program.seek(0)
        return program.read()
