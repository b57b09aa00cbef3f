"""The locked requirements: `python -m tests.locks` writes them, `--check` compares.

One lock serves Python 3.11 to 3.14 on every platform. It holds hashes and no index address, so
that it works with whatever index, or mirror of one, the reader's pip uses.
"""

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Lock file and where its names come from; the tools are held to the versions of the product.
LOCKS = {
    "requirements.txt": [],
    "requirements-dev.txt": ["--group", "dev", "-c", "requirements.txt"],
    "requirements-assets.txt": ["--group", "assets"],
}
COMPILE = ["--universal", "--python-version", PYTHONS[0], "--generate-hashes", "--no-header"]
COMPILE += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]


def uv(*words: str, folder: Path) -> bool:
    command = [sys.executable, "-m", "uv", "pip", *words]
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def compile_locks(folder: Path, *options: str) -> bool:
    """Compile pyproject.toml in the folder; versions already locked there are preferred."""
    for lock, source in LOCKS.items():
        # A group alone, without the product's own dependencies, is named without the project.
        project = [] if lock == "requirements-assets.txt" else ["pyproject.toml"]
        if not uv("compile", *project, *source, *COMPILE, *options, "-o", lock, folder=folder):
            return False
    return True


def check() -> bool:
    """Are the locks what pyproject.toml asks for, and does each Python find wheels for them?"""
    with tempfile.TemporaryDirectory(prefix="casebook-locks-") as name:
        folder = Path(name)
        for file in ("pyproject.toml", *LOCKS):
            shutil.copy(ROOT / file, folder)
        if not compile_locks(folder):
            return False
        stale = [f for f in LOCKS if not filecmp.cmp(ROOT / f, folder / f, shallow=False)]
        if stale:
            print(f"{', '.join(stale)} do not match pyproject.toml; run `make lock`.")
            return False
        target = str(folder / "target")
        for version in PYTHONS:
            options = ["--dry-run", "--quiet", "--require-hashes", "--only-binary", ":all:"]
            options += ["--python-version", version, "--target", target]
            if not uv("install", *options, "-r", "requirements.txt", folder=folder):
                print(f"requirements.txt cannot be installed on Python {version}.")
                return False
    return True


def main(words: list[str]) -> int:
    if words == ["--check"]:
        return 0 if check() else 1
    return 0 if compile_locks(ROOT, *words) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
