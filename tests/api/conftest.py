import pytest

from tests.kb.acme import Folder
from tests.kb.evidence import CASE


@pytest.fixture
def folder(shipped, tmp_path):
    """Beside what is shipped Acme's two cases: the scorer has all that a case can have."""
    folder = Folder(tmp_path)
    folder.write("case-studies/acme-scorer.md", CASE)
    folder.load()
    return folder
