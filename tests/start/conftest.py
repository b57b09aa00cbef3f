"""A prepared state folder, and sites that run on copies of it as real processes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import Site, prepare


@pytest.fixture(scope="session")
def prepared_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with database, content and account; made once, to be copied."""
    state = tmp_path_factory.mktemp("prepared") / "var"
    prepare(state)
    return state


@pytest.fixture
def state(prepared_state: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "var"
    shutil.copytree(prepared_state, copy)
    return copy


@pytest.fixture
def start(state: Path) -> Iterator[Callable[[], Site]]:
    """A function that starts a site on the test's state folder; all are ended afterwards."""
    sites: list[Site] = []

    def start_one() -> Site:
        sites.append(Site(state))
        return sites[-1]

    yield start_one
    for site in reversed(sites):
        site.end()
