import pytest

from tests.kb.acme import Folder


@pytest.fixture
def folder(db, tmp_path):
    """The small folder, loaded."""
    folder = Folder(tmp_path)
    folder.load()
    return folder
