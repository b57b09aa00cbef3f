"""The tests of a published version of a problem, from the database.

A version that was published in the admin has them from its gate. Those of a shipped problem are
built in the sandbox when a submission first needs them, from the revision of that version.
"""

import datetime
from functools import lru_cache

from kb.fields import DocumentError
from kb.models import Revision
from problems.document import parse_document
from problems.errors import NoTests
from problems.judge.sandbox import Sandbox
from problems.judge.testset import BuildFailed, TestSet, build
from problems.models import Problem, StoredTests

# As many sets stay decoded in a process.
KEPT = 32


def tests_of(problem: int, version: int, sandbox: Sandbox) -> TestSet:
    """The tests of one version, by the problem's key. Raises NoTests, or Unavailable."""
    rows = StoredTests.objects.filter(problem=problem, version=version)
    key = rows.values_list("pk", "made_at").first()
    if key is None:
        StoredTests.keep(problem, version, _built(problem, version, sandbox))
        # Somebody else may have been faster, and of one version all have the same tests.
        key = rows.values_list("pk", "made_at").get()
    return _decoded(*key)


def _built(problem: int, version: int, sandbox: Sandbox) -> TestSet:
    slug = Problem.objects.values_list("slug", flat=True).get(pk=problem)
    revisions = Revision.objects.filter(type=Problem.TYPE, slug=slug, number=version)
    text = revisions.values_list("document", flat=True).first()
    if text is None:
        raise NoTests(f"There is no revision {version} of {slug}.")
    try:
        return build(parse_document(text), sandbox)
    except (BuildFailed, DocumentError) as exc:
        raise NoTests(f"The tests of {slug}, version {version}: {exc}") from exc


@lru_cache(maxsize=KEPT)
def _decoded(pk: int, _made_at: datetime.datetime) -> TestSet:
    """A set is never changed; its time tells it from one of another database or a rollback."""
    return TestSet.from_bytes(bytes(StoredTests.objects.values_list("data", flat=True).get(pk=pk)))
