"""A process gives up what it could do, for good: limits, capabilities, files, system calls.

Used by the child of the zygote before it is sent any source. Every step is checked, and the child
then proves the whole by trying what must fail (`attest`). The process can undo nothing of it.
Landlock and seccomp are called directly; the numbers are those of the kernel's interface.
"""

import ctypes
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable

if sys.platform != "win32":
    import resource

from problems.judge.codec import Value

__all__ = ["attest", "is_attested", "lock", "missing_from_kernel"]

# One number on every architecture (Linux 5.13).
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_CREATE_RULESET_VERSION = 1

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_GET_SECCOMP = 21
PR_SET_SECCOMP = 22
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_SETPCAP = 8
MAX_CAPABILITIES = 64

STACK_BYTES = 8 * 1024 * 1024
# 0 to 4 are nothing, output twice, questions and answers; Landlock's ruleset needs a sixth.
DESCRIPTORS = 6

# Opened by nobody else; loaded once, before the lock.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def missing_from_kernel() -> str:
    """What this kernel lacks for the lock, as a sentence; nothing where it has all."""
    if _libc is None:
        return "The judge needs Linux: only there can a process be locked in."
    if _libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return "The judge needs seccomp, and this kernel has none."
    if _landlock_abi() < 1:
        return "The judge needs Landlock (Linux 5.13, switched on), and this kernel has none."
    return ""


def lock(memory_bytes: int, cpu_seconds: int, program: bytes, parent: int) -> None:
    """Lock this process in. Raises OSError where any step fails; then nothing may run.

    `memory_bytes` bounds the address space, `cpu_seconds` is the last resort behind the judge's own
    clock, `program` the filter of system calls, `parent` the process this one must not outlive.
    """
    _limit(memory_bytes, cpu_seconds)
    _drop_capabilities()
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the zygote is gone")
    _forbid_files()
    _filter_calls(program)


def attest() -> Value:
    """What the lock looks like from inside: its state, and what was possible all the same."""
    probes: dict[str, Callable[[], object]] = {
        "a socket": socket.socket,
        "a fork": _fork,
        "opening /": lambda: os.open("/", os.O_RDONLY | os.O_DIRECTORY),
        "opening /proc/self/status": lambda: os.open("/proc/self/status", os.O_RDONLY),
        "making a file": lambda: os.open("probe", os.O_WRONLY | os.O_CREAT, 0o600),
        "a signal": lambda: os.kill(os.getpid(), 0),
        "looking at a file": lambda: os.stat("/"),
    }
    possible: list[Value] = []
    for name, probe in probes.items():
        try:
            probe()
        except OSError:
            continue
        possible.append(name)
    libc = _library()
    return {
        "seccomp": libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0),
        "no_new_privs": libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
        "possible": possible,
    }


def is_attested(report: Value) -> bool:
    """Does a report of `attest` say that all is locked?"""
    return report == {"seccomp": SECCOMP_MODE_FILTER, "no_new_privs": 1, "possible": []}


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_NOFILE: DESCRIPTORS,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_SIGPENDING: 0,
        resource.RLIMIT_STACK: STACK_BYTES,
    }
    for limit, value in limits.items():
        # A hard limit that is lower already cannot be raised, and need not be.
        _, hard = resource.getrlimit(limit)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def _drop_capabilities() -> None:
    """Also what a program started later could gain, though none can be started."""
    libc = _library()
    if _capabilities() & 1 << CAP_SETPCAP:
        for capability in range(MAX_CAPABILITIES):
            if libc.prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1:
                _prctl(PR_CAPBSET_DROP, capability)
    # Fails only on kernels that have no ambient set.
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _check(libc.capset(_capability_header(), bytes(24)), "capset")
    if _capabilities():
        raise OSError("capabilities are left")


def _capability_header() -> bytes:
    return struct.pack("=Ii", CAPABILITY_VERSION_3, 0)


def _capabilities() -> int:
    """The effective, permitted and inheritable capabilities of this process together."""
    sets = ctypes.create_string_buffer(24)
    _check(_library().capget(_capability_header(), sets), "capget")
    words: tuple[int, ...] = struct.unpack("=6I", sets.raw)
    return words[0] | words[1] | words[2] | (words[3] | words[4] | words[5]) << 32


def _landlock_abi() -> int:
    version: int = _library().syscall(
        LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_CREATE_RULESET_VERSION
    )
    return version


def _forbid_files() -> None:
    """A Landlock ruleset that handles all that the kernel knows of, and allows nothing."""
    abi = _landlock_abi()
    files = (1 << 13) - 1
    # ABI 2 added moving between folders, 3 truncating, 5 ioctl of devices.
    files |= sum(1 << bit for since, bit in ((2, 13), (3, 14), (5, 15)) if abi >= since)
    network = 0b11 if abi >= 4 else 0
    scopes = 0b11 if abi >= 6 else 0
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    attributes = struct.pack("=QQQ", files, network, scopes)
    libc = _library()
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    _check(ruleset, "landlock_create_ruleset")
    _check(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _filter_calls(program: bytes) -> None:
    instructions = ctypes.create_string_buffer(program, len(program))
    filter_program = _FilterProgram(len(program) // 8, ctypes.addressof(instructions))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filter_program))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _prctl(option: int, *arguments: int) -> None:
    words = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    _check(_library().prctl(option, *words), f"prctl {option}")


def _library() -> ctypes.CDLL:
    if _libc is None:
        raise OSError("This is not Linux.")
    return _libc


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
