"""Attacks on the sandbox: sources that try what must not be possible, and what each would prove.

Each defines `attack(target)`, which returns what it got hold of; nothing, an exception, a limit or
a death mean that it failed. `target` names a file that its caller has made for it to read.

    python -m tests.problems.judge.attacks      prints the names of those that got through, as JSON
"""

import json
import os
import sys
import tempfile
import textwrap
from collections.abc import Iterable
from pathlib import Path

from problems.judge.outcomes import Call, Kind, Limits
from problems.judge.sandbox import Sandbox

SECRET = "the secret of this test"
LIMITS = Limits(time_seconds=0.5, memory_mb=128)

# In C, past whatever Python objects to.
SYSCALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    return libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
"""

BODIES = {
    # Files
    "open": "return open(target).read()",
    "io.open": "import io; return io.open(target, 'rb').read()",
    "os.open": "import os; return os.open(target, os.O_RDONLY) >= 0",
    "open the root": "import os; return os.open('/', os.O_RDONLY) >= 0",
    "open through numpy": "import numpy as np; return np.fromfile(target, 'u1').tolist()",
    "numpy loadtxt": "import numpy as np; return str(np.loadtxt(target, dtype=str))",
    "numpy memmap": "import numpy as np; return np.memmap(target, 'u1', 'r').tolist()",
    "numpy save": "import numpy as np; np.save('/tmp/attack.npy', np.ones(3)); return True",
    "pathlib": "import pathlib; return pathlib.Path(target).read_text()",
    "make a file": "open('/tmp/attack', 'w').write('x'); return True",
    "make a folder": "import os; os.mkdir('/tmp/attack-folder'); return True",
    "remove a file": "import os; os.remove(target); return True",
    "rename a file": "import os; os.rename(target, target + '2'); return True",
    "link": "import os; os.link(target, target + '-link'); return True",
    "symlink": "import os; os.symlink(target, '/tmp/attack-link'); return True",
    "chmod": "import os; os.chmod(target, 0o777); return True",
    "utime": "import os; os.utime(target); return True",
    "truncate": "import os; os.truncate(target, 0); return True",
    "temporary file": "import tempfile; return tempfile.TemporaryFile().fileno() >= 0",
    "shared memory": "import os; return os.open('/dev/shm/attack', os.O_CREAT | os.O_RDWR) >= 0",
    "memfd": "import os; return os.memfd_create('attack') >= 0",
    "linecache": "import linecache; return linecache.getlines(target)",
    "ctypes fopen": SYSCALL + "libc.fopen.restype = ctypes.c_void_p\n"
    "return libc.fopen(target.encode(), b'r')",
    "openat2": SYSCALL + "return call(437, -100, target.encode(), b'\\0' * 24, 24) >= 0",
    "name_to_handle_at": SYSCALL + "buffer = ctypes.create_string_buffer(b'\\x80' + b'\\0' * 200)\n"
    "n = ctypes.c_int()\n"
    "return call(303, -100, target.encode(), buffer, ctypes.byref(n), 0) == 0",
    # Looking
    "stat": "import os; return os.stat(target).st_size",
    "exists": "import os; return os.path.exists(target)",
    "access": "import os; return os.access(target, os.R_OK)",
    "readlink": "import os; return os.readlink('/proc/self/exe')",
    "listdir": "import os; return os.listdir('/')",
    "chdir": "import os; os.chdir('/tmp'); return True",
    "getcwd": "import os; return os.getcwd()",
    "statx": SYSCALL + "return call(332, -100, target.encode(), 0, 0xfff, bytes(256)) == 0",
    "uname": "import os; return os.uname().nodename",
    "proc": "return open('/proc/self/environ').read()",
    "memory of the zygote": "import os; return open(f'/proc/{os.getppid()}/mem', 'rb')",
    "environment": "import os; return dict(os.environ)",
    "environment in C": SYSCALL + "libc.getenv.restype = ctypes.c_char_p\n"
    "return any(libc.getenv(n) for n in (b'PATH', b'HOME', b'SECRET_KEY', b'DATABASE_URL'))",
    # Network
    "socket": "import socket; socket.socket(); return True",
    "unix socket": "import socket; socket.socket(socket.AF_UNIX); return True",
    "socket pair": "import socket; socket.socketpair(); return True",
    "socket in C": SYSCALL + "return call(41, 2, 1, 0) >= 0",
    "name of a host": "import socket; return socket.gethostbyname('localhost')",
    # Processes
    "fork": "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nreturn pid",
    "vfork in C": SYSCALL + "pid = libc.vfork()\nif pid == 0: libc._exit(0)\nreturn pid > 0",
    "clone in C": SYSCALL
    + "pid = call(56, 17, 0, 0, 0, 0)\nif pid == 0: libc._exit(0)\nreturn pid > 0",
    "clone3 in C": SYSCALL + "pid = call(435, b'\\0' * 32 + b'\\x11' + b'\\0' * 31, 64)\n"
    "if pid == 0: libc._exit(0)\nreturn pid > 0",
    "fork bomb": "import os\nn = 0\nwhile n < 9: n += os.fork() > 0\nreturn n",
    "subprocess": "import subprocess; return subprocess.run(['/bin/true']).returncode == 0",
    "system": "import os; return os.system('true') == 0",
    "posix_spawn": "import os; return os.posix_spawn('/bin/true', ['true'], {}) > 0",
    "exec": "import os; os.execv('/bin/echo', ['echo', 'R'])",
    "thread": "import threading; t = threading.Thread(target=print); t.start(); return True",
    "raw thread": "import _thread; return _thread.start_new_thread(print, ())",
    "executor": "from concurrent.futures import ThreadPoolExecutor as T\n"
    "return T().submit(int).result() == 0",
    # Signals
    "kill the zygote": "import os; os.kill(os.getppid(), 9); return True",
    "kill all": "import os; os.kill(-1, 9); return True",
    "kill the judge in C": SYSCALL + "return call(62, 1, 0) == 0",
    "signal to itself": "import os, signal; os.kill(os.getpid(), signal.SIGUSR1); return True",
    "tgkill in C": SYSCALL + "return call(234, os.getpid(), os.getpid(), 0) == 0",
    "raise_signal": "import signal\nsignal.signal(10, lambda *a: None)\nsignal.raise_signal(10)\n"
    "return True",
    "alarm": "import signal\nsignal.setitimer(signal.ITIMER_REAL, 100)\n"
    "return signal.getitimer(signal.ITIMER_REAL)",
    "pidfd": SYSCALL + "return call(434, 1, 0) >= 0",
    # Descriptors
    "other descriptors": "import os\nfound = []\nfor n in range(5, 4096):\n"
    "    try: os.read(n, 0); found.append(n)\n    except OSError: pass\nreturn found",
    "duplicate": "import os; return os.dup(1)",
    "pipe": "import os; return os.pipe()",
    "receive descriptors": SYSCALL + "return call(47, 3, bytes(56), 0) >= 0",
    "size of the pipe": "import fcntl; return fcntl.fcntl(1, 1031, 1 << 20)",
    "terminal": "import fcntl; fcntl.ioctl(1, 0x5412, b'x'); return True",
    # The kernel
    "ptrace": SYSCALL + "return call(101, 0, 0, 0, 0) == 0",
    "ptrace the zygote": SYSCALL + "return call(101, 16, libc.getppid(), 0, 0) == 0",
    "process_vm_readv": SYSCALL
    + "return call(310, libc.getpid(), bytes(16), 1, bytes(16), 1, 0) >= 0",
    "io_uring": SYSCALL + "return call(425, 8, bytes(120)) >= 0",
    "bpf": SYSCALL + "return call(321, 0, bytes(72), 72) >= 0",
    "userfaultfd": SYSCALL + "return call(323, 0) >= 0",
    "keyctl": SYSCALL + "return call(250, 0, -3, 1, 0, 0) >= 0",
    "perf_event_open": SYSCALL + "return call(298, bytes(128), 0, -1, -1, 0) >= 0",
    "unshare": SYSCALL + "return call(272, 0x10000000) == 0",
    "setns": SYSCALL + "return call(308, 3, 0) == 0",
    "mount": SYSCALL + "return call(165, b'none', b'/tmp', b'tmpfs', 0, 0) == 0",
    "chroot": "import os; os.chroot('/'); return True",
    "seccomp again": SYSCALL + "return call(317, 1, 0, bytes(16)) == 0",
    "prctl": SYSCALL + "return libc.prctl(15, b'other') == 0",
    "parent's death is none": SYSCALL + "return libc.prctl(1, 0) == 0",
    "capset": SYSCALL + "return call(126, bytes(8), bytes(24)) == 0",
    "setuid": "import os; os.setuid(0); return True",
    "clocks of others": SYSCALL + "return call(228, (~1 << 3) | 2, bytes(16)) == 0",
    "own limits": "import resource\n"
    "resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40)); return True",
    "limits of others": SYSCALL + "return call(302, libc.getppid(), 7, 0, bytes(16)) == 0",
    "priority": "import os; os.nice(-1); return True",
    # The list of modules is help, not the guard.
    "a module that is not there": "import asyncio, multiprocessing; return True",
    "import by hand": "import importlib.machinery as m\n"
    "return m.PathFinder.find_spec('multiprocessing') is not None",
    "native module": "import importlib.machinery as m\n"
    "return m.ExtensionFileLoader('x', target).create_module(m.ModuleSpec('x', None)) is not None",
    # The judge's own
    "frames": "import sys\nframe, seen = sys._getframe(), ''\nwhile frame:\n"
    "    seen += repr(sorted(frame.f_locals)) + repr(frame.f_locals); frame = frame.f_back\n"
    "return [w for w in ('detcepxe', 'TERCES', 'setyb_tluser', 'ognajd') if w[::-1] in seen]",
    "objects": "import gc\n"
    "return [type(o).__name__ for o in gc.get_objects() if type(o).__name__ in"
    " ('Call', 'Question', 'Sandbox', 'Conversation', 'Popen')]",
    "modules": "import sys\n"
    "ours = 'django', 'rest_framework', 'celery', 'config', 'compute', 'kb', 'learn', 'web'\n"
    "return [name for name in sys.modules if name.split('.')[0] in ours]",
    "descriptor of the zygote": "import gc, socket\n"
    "for o in gc.get_objects():\n"
    "    if isinstance(o, socket.socket):\n"
    "        o.send(b'{\"pid\": 1}'); return True",
}

# The numbers of the calls above are those of one architecture.
if os.uname().machine != "x86_64":
    BODIES = {name: body for name, body in BODIES.items() if not body.startswith(SYSCALL)}

# Those that are about a limit: what they return proves that there is none.
LIMITED = {
    "memory": "return len(bytearray(1 << 30))",
    "memory of numpy": "import numpy as np; return np.ones(1 << 27).sum()",
    "memory in C": "import mmap\nm = mmap.mmap(-1, 1 << 30)\nreturn len(m)",
    "memory bit by bit": "x = []\nfor i in range(1 << 10): x.append(bytearray(1 << 20))\n"
    "return len(x)",
    "lists in lists": "x = []\nfor i in range(1 << 26): x = [x]\nreturn True",
    "recursion": "import sys\nsys.setrecursionlimit(1 << 30)\ndef f(n): return f(n + 1)\n"
    "return f(0)",
    "recursion in C": "x = []\nfor i in range(1 << 20): x = [x]\nreturn repr(x)",
    "for ever": "while True: pass",
    "for ever in C": "return sum(1 for _ in iter(int, 1))",
    "a power in C": "return str(7 ** (10 ** 8))",
    "a pattern for ever": "import re; return bool(re.match(r'(a+)+$', 'a' * 60 + 'b')) + 1",
    "a matrix for ever": "import numpy as np\na = np.ones((1500, 1500))\n"
    "for i in range(10 ** 6): a = a @ a / 1500\nreturn True",
    "sleep": "import time; time.sleep(60); return True",
    "swallow all": "while True:\n    try:\n        while True: pass\n"
    "    except BaseException: pass",
    "ignore signals": "import signal\nfor n in range(1, 65):\n"
    "    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
    "while True: pass",
    "flood of output": "for i in range(10 ** 6): print('x' * 1000)\nreturn True",
    "flood past Python": "import os\n"
    "for i in range(10 ** 6): os.write(1, b'x' * 1000)\nreturn True",
    "flood of errors": "import os\nfor i in range(10 ** 6): os.write(2, b'x' * 1000)\nreturn True",
    "large result": "return 'x' * 10 ** 7",
    "large array": "import numpy as np; return np.ones(10 ** 6)",
    "long list": "return [0] * 10 ** 5",
    "deep result": "x = 1\nfor i in range(100): x = [x]\nreturn x",
    "result in itself": "x = []; x.append(x); return x",
    "large exception": "raise RuntimeError('x' * 10 ** 8)",
    "exit": "import os; os._exit(0)",
    "exit of sys": "import sys; sys.exit(0)",
    "abort": "import os; os.abort()",
    "null pointer": "import ctypes; ctypes.string_at(0)",
    "close all": "import os\nos.closerange(0, 100)\nreturn True",
    "close and wait": "import os, time\nos.close(4)\ntime.sleep(60)",
    "printing while dying": "class D:\n    def __del__(self):\n        while True: print('x')\n"
    "d = D()\nreturn None",
    "a long announcement": "import os\nos.write(4, b'R' + (2 ** 31).to_bytes(4, 'little'))\n"
    "while True: os.write(4, b'x' * 65536)",
    "a slow answer": "import os, time\nos.write(4, b'E' + (9999).to_bytes(4, 'little'))\n"
    "while True:\n    os.write(4, b'x'); time.sleep(0.01)",
    "no ear": "import os\nos.close(3)\nwhile True: pass",
}

# What is right is [1.5, 2.5]; none of these may be taken for it. Each is a source of `attack`.
LIES = {
    "equal to all": """
        class Equal:
            def __eq__(self, other): return True
            def __array__(self, *a, **k): import numpy; return numpy.array([1.0, 1.0])
        def attack(target): return Equal()
    """,
    "a list that lies": """
        class L(list):
            def __iter__(self): return iter([1.5, 2.5])
            def __len__(self): return 2
            def __eq__(self, other): return True
            def __getitem__(self, i): return [1.5, 2.5][i]
            def __reduce__(self): return list, ([1.5, 2.5],)
        def attack(target): return L([9.0])
    """,
    "a float that lies": """
        class F(float):
            def __float__(self): return 1.5
            def __eq__(self, other): return True
            def hex(self): return (1.5).hex()
        def attack(target): return [F(9.0), F(9.0)]
    """,
    "an array that lies": """
        import numpy as np
        class A(np.ndarray):
            def __array_finalize__(self, other): pass
            def tobytes(self, *a): return np.array([1.5, 2.5]).tobytes()
            def __eq__(self, other): return np.array([True, True])
            def tolist(self): return [1.5, 2.5]
            shape = (2,)
        def attack(target): return A((3,))
    """,
    "a pickle": """
        import pickle
        class P:
            def __reduce__(self): return eval, ("[1.5, 2.5]",)
        def attack(target): return pickle.dumps(P()).decode("latin-1")
    """,
    "a name of a class": """
        class list: pass
        def attack(target): return list()
    """,
    "numpy says all is close": """
        import numpy as np
        np.allclose = np.array_equal = np.isfinite = lambda *a, **k: True
        np.abs = np.absolute = lambda *a, **k: 0.0
        np.ndarray.__eq__ if True else None
        def attack(target): return [0.0, 0.0]
    """,
    "builtins say all is well": """
        import builtins
        builtins.abs = lambda x: 0.0
        builtins.all = lambda x: True
        builtins.len = lambda x: 2
        def attack(target): return [0.0, 0.0]
    """,
    "a verdict": """
        import os
        def attack(target):
            for letter in (b"V", b"S", b"L", b"K", b"A"):
                os.write(4, letter + (8).to_bytes(4, "little") + b"accepted")
            return [0.0, 0.0]
    """,
    "a frame of another answer": """
        import os, sys
        def attack(target):
            codec = sys.modules["problems.judge.codec"]
            data = codec.encode(([], [1.0, 1.0]))
            os.write(4, b"R" + len(data).to_bytes(4, "little") + data)
            return [0.0, 0.0]
    """,
    "two answers": """
        import os, sys
        def attack(target):
            codec = sys.modules["problems.judge.codec"]
            data = codec.encode(([], [0.0, 0.0]))
            answer = b"R" + len(data).to_bytes(4, "little") + data
            os.write(4, answer + answer)
            while True: pass
    """,
    "random bytes": """
        import os
        def attack(target):
            os.write(4, bytes(range(256)) * 10)
            while True: pass
    """,
    "a codec of its own": """
        import sys
        child = sys.modules["problems.judge.child"]
        child.encode = lambda value, depth=8: b"U\\x02\\0\\0\\0L\\0\\0\\0\\0N"
        def attack(target): return [0.0, 0.0]
    """,
    "not a number": "def attack(target): return [float('nan'), float('nan')]",
    "infinity": "def attack(target): return [float('inf'), float('inf')]",
    "complex": "def attack(target): return [1.5 + 0j, 2.5 + 0j]",
    "truth": "def attack(target): return [True, True]",
    "texts": "def attack(target): return ['1.5', '2.5']",
    "objects": "import numpy as np\ndef attack(target): return np.array([1.5, 2.5], dtype=object)",
    "another shape": "import numpy as np\ndef attack(target): return np.array([[1.5], [2.5]])",
    "one too many": "def attack(target): return [1.5, 2.5, 2.5]",
    "a generator": "def attack(target):\n    yield 1.5\n    yield 2.5",
    "an error in its place": "def attack(target): raise ValueError([1.5, 2.5])",
    "nothing": "def attack(target): pass",
}


def source(body: str) -> bytes:
    return ("def attack(target):\n" + textwrap.indent(body, "    ")).encode()


def got_through(sandbox: Sandbox, names: Iterable[str]) -> list[str]:
    """The names of the attacks that returned something."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "secret"
        for name in names:
            target.write_text(SECRET)
            body = {**BODIES, **LIMITED}[name]
            run = sandbox.run(source(body), "attack", [Call({"target": str(target)})], LIMITS)
            outcome = run.outcomes[0]
            intact = target.exists() and target.read_text() == SECRET
            if run.fault or not intact or (outcome.kind is Kind.VALUE and outcome.value):
                found.append(name)
    return found


def main() -> None:
    with Sandbox() as sandbox:
        through = got_through(sandbox, [*BODIES, *LIMITED])
    print(
        json.dumps({"user": os.getuid(), "tried": len(BODIES) + len(LIMITED), "through": through})
    )
    sys.exit(bool(through))


if __name__ == "__main__":
    main()
