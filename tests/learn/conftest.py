"""Ada with something of everything."""

import pytest
from django.contrib.contenttypes.models import ContentType
from zeal import zeal_ignore

from tests.belongings import Belongings, everything_of


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def things(ada, shipped, media) -> Belongings:
    return everything_of(ada)


@pytest.fixture
def two_accounts_in_one_request():
    """Django asks for whoever is signed in and for the account that is shown, one by one."""
    with zeal_ignore([{"model": "auth.User"}, {"model": "sessions.Session"}]):
        yield


@pytest.fixture
def types_are_not_known_yet():
    """As in a process that has just started."""
    ContentType.objects.clear_cache()
