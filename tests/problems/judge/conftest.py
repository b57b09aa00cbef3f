"""The sandbox's tests; where no process can be locked in, those of the refusal in their place."""

import pytest

from problems.judge.sandbox import Sandbox, Unavailable

NEED_A_SANDBOX = (
    "test_attacks.py",
    "test_diagnosis.py",
    "test_sandbox.py",
    "test_verdict.py",
    "test_zygote.py",
)


def _refusal() -> str:
    try:
        with Sandbox():
            return ""
    except Unavailable as exc:
        return str(exc)


REFUSAL = _refusal()


def pytest_ignore_collect(collection_path, config):
    return True if REFUSAL and collection_path.name in NEED_A_SANDBOX else None


@pytest.fixture(scope="session")
def refusal():
    """Why this machine cannot judge; empty where it can."""
    return REFUSAL


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox
