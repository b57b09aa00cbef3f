"""Zygotes that leave out a lock, for the proof that each lock holds something back.

The product knows no way to leave one out: these are scripts of the tests' own, which a Sandbox of
the tests' own starts.
"""

import textwrap
from pathlib import Path

from problems.judge.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import sys

sys.path.insert(0, {root!r})
from problems.judge import zygote  # first: it says how NumPy is to be imported
from problems.judge import child, lockdown

{changes}
zygote.main(int(sys.argv[1]))
"""

NO_SECCOMP = "lockdown._filter_calls = lambda program: None"
NO_LANDLOCK = "lockdown._forbid_files = lambda: None"
NO_LIMITS = "lockdown._limit = lambda memory, cpu: None"
# Without a lock the attestation fails; so that attacks get their chance, it is forged too.
FORGED = 'child.attest = lambda: {"seccomp": 2, "no_new_privs": 1, "possible": []}'


def sandbox_with(folder: Path, *changes: str) -> Sandbox:
    """A sandbox whose zygote runs these lines before it begins."""
    script = folder / "zygote.py"
    script.write_text(SCRIPT.format(root=str(ROOT), changes=textwrap.dedent("\n".join(changes))))
    sandbox = Sandbox()
    sandbox.zygote = script
    return sandbox
