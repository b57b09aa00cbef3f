"""The asset build, in a copy of its folder: it needs no network where nothing has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from web.build import ASSETS, BUILD_VENV, REQUIREMENTS, ROOT

PROGRAMS = {"PATH": "/nowhere", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "HOME": "/nowhere"}


@pytest.fixture
def copy(tmp_path) -> Path:
    """The build and the assets, without the installed packages, on a machine with no network."""
    (tmp_path / "web").mkdir()
    for name in ("__init__.py", "build.py"):
        shutil.copy(ROOT / "web" / name, tmp_path / "web")
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(ASSETS, tmp_path / "web" / "assets", ignore=ignored)
    shutil.copy(REQUIREMENTS, tmp_path)
    return tmp_path


def with_packages(copy: Path) -> Path:
    shutil.copytree(
        ASSETS / "node_modules", copy / "web" / "assets" / "node_modules", symlinks=True
    )
    return copy


def start(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "web.build"],
        cwd=folder,
        env={**os.environ, **PROGRAMS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path) -> str:
    process = start(folder)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out + err


def output(folder: Path) -> dict[str, bytes]:
    built = folder / "web" / "static" / "build"
    files = (path for path in built.rglob("*") if path.is_file())
    return {str(path.relative_to(built)): path.read_bytes() for path in files}


needs_packages = pytest.mark.skipif(
    not (ASSETS / "node_modules" / ".key").exists(),
    reason="the packages of the pages are not installed; run python -m web.build",
)


def test_without_a_registry_the_own_files_are_used_and_one_sentence_says_so(copy):
    said = run(copy)
    assert said.count("\n") == 1
    assert said.startswith("The pages use their own files unbundled")
    files = output(copy)
    assert {"app.css", "app.js", "keys.js", "figures/index.js", "favicon.svg"} <= set(files)
    assert b"@import" not in files["app.css"]
    assert b"--text-width: 680px" in files["app.css"]


@needs_packages
def test_a_build_has_no_source_maps_and_names_no_other_site(copy):
    assert run(with_packages(copy)) == ""
    files = output(copy)
    assert any(name.startswith("fonts/") for name in files)
    assert not any(name.endswith(".map") for name in files)
    assert not any(b"sourceMappingURL" in content for content in files.values())
    assert b"http:" not in files["app.css"]
    assert b"https:" not in files["app.css"]


@needs_packages
def test_nothing_is_built_again_until_a_source_changes(copy):
    run(with_packages(copy))
    style = copy / "web" / "static" / "build" / "app.css"
    made = style.stat().st_mtime_ns
    run(copy)
    assert style.stat().st_mtime_ns == made
    tokens = copy / "web" / "assets" / "css" / "tokens.css"
    tokens.write_text(tokens.read_text().replace("680px", "700px"))
    run(copy)
    assert b"700px" in style.read_bytes()


@needs_packages
def test_two_builds_at_once_leave_one_whole_output(copy):
    processes = [start(with_packages(copy)) if i == 0 else start(copy) for i in range(2)]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert {"app.css", "app.js", ".key"} <= set(output(copy))
    assert [path.name for path in (copy / "web" / "static").glob(".build-*")] == []


def test_the_lock_names_no_registry():
    lock = (ASSETS / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://" not in REQUIREMENTS.read_text()
    assert BUILD_VENV.parent == ROOT
