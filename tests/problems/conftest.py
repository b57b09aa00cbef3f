"""A judge in the process of the tests, where this machine can lock a process in."""

import pytest

from compute import runner
from problems.bench import bench
from problems.judge.sandbox import missing
from problems.models import Submission
from problems.runner import judge_submission
from tests.problems.model_server import model_server

NEED_A_SANDBOX = ("test_judging.py", "test_publishing_problems.py")


def pytest_ignore_collect(collection_path, config):
    return True if missing() and collection_path.name in NEED_A_SANDBOX else None


@pytest.fixture(scope="session")
def zygote():
    yield bench
    bench.close()


@pytest.fixture
def judge(zygote, monkeypatch):
    """Judges a submission by its key, as the worker would; the submission as it is then."""
    # The thread beside the work would not see what this test's transaction holds.
    monkeypatch.setattr(runner, "WATCH_SECONDS", 60)

    def now(pk) -> Submission:
        judge_submission(str(pk))
        return Submission.objects.get(pk=pk)

    return now


@pytest.fixture
def offered(settings, monkeypatch):
    """A site that has a model server, which a test may tell what to answer."""
    # Whatever proxy this machine has, its own server is not behind it.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with model_server() as server:
        settings.EXPLAIN_BASE_URL = server.url
        settings.EXPLAIN_MODEL = "a-small-model"
        settings.FEATURES = settings.FEATURES | {"explanations": True}
        yield server
