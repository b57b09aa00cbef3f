"""Everything that is checked without running the tests: `start.py check`, or `make check`."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]
CHECKS = {
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "types": [PYTHON, "-m", "mypy"],
    "import rules": [str(Path(PYTHON).with_name("lint-imports"))],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "content": [*MANAGE, "check_content"],
    "problems": [*MANAGE, "check_problems"],
    "locks": [PYTHON, "-m", "tests.locks", "--check"],
}
# A site as it is on the open network, for the deployment check.
PUBLIC = {
    "SITE_URL": "https://casebook.example",
    "SECRET_KEY": "a key of sufficient length and variety for the check: 0123456789-zyxwv",
}


def main() -> int:
    failed = []
    for name, command in CHECKS.items():
        started = time.monotonic()
        environment = {**os.environ, **(PUBLIC if name == "deployment" else {})}
        result = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        verdict = "ok" if result.returncode == 0 else "FAILED"
        print(f"{name:<14} {verdict:<7} {time.monotonic() - started:5.1f} s", flush=True)
        if result.returncode != 0:
            failed.append(name)
            print(result.stdout, flush=True)
    print(f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
