"""Ada with something of everything."""

import pytest

from tests.belongings import Belongings, everything_of


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def things(ada, shipped, media) -> Belongings:
    return everything_of(ada)
