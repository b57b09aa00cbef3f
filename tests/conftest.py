"""The cast: Ada learns, Bob is a stranger to her things, Cora curates, Rita reviews."""

from io import StringIO

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.core.management import call_command
from rest_framework.test import APIClient
from xdist.scheduler import LoadScopeScheduling

from config.state import kept_socket
from kb.models import Card, LoadedFile
from tests.processes import Site, prepare
from tests.processes import broker as running_broker
from tests.worker import running_casebook

PASSWORD = "correct horse battery staple"

# Tests of one of these share real processes or a site: one worker of pytest-xdist runs all of them.
# (The mark `xdist_group` of pytest-xdist 3.8 does nothing under pytest 9.2.)
TOGETHER = ("tests/start/", "tests/browser/", "tests/faults/", "tests/kb/test_upgrade.py")


class Together(LoadScopeScheduling):
    """Tests of these together, every other test alone."""

    def _split_scope(self, nodeid):
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)


@pytest.fixture(autouse=True)
def _empty_caches():
    for cache in caches.all():
        cache.clear()
    yield
    for cache in caches.all():
        cache.clear()


@pytest.fixture(scope="session")
def valkey():
    """A real broker where the tests' settings look for one, and its process."""
    folder = kept_socket(settings.VAR_DIR).parent
    with running_broker(folder) as (url, program):
        yield redis.Redis(unix_socket_path=url.partition("://")[2]), program


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob", password=PASSWORD)


def _staff(name: str, role: str) -> User:
    call_command("make_roles", stdout=StringIO())
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def cora(db):
    return _staff("cora", "curator")


@pytest.fixture
def rita(db):
    return _staff("rita", "reviewer")


@pytest.fixture
def oscar(db):
    return _staff("oscar", "operator")


@pytest.fixture
def admin(db):
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def api():
    """An anonymous client of the API."""
    return APIClient()


@pytest.fixture
def api_as():
    """A client that is signed in by token, as `api_as(ada)`."""

    def make(user) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def client_as(client):
    """A browser that is signed in, as `client_as(cora)`."""

    def make(user):
        client.force_login(user)
        return client

    return make


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database holds everything that the repository ships, loaded once."""
    with django_db_blocker.unblock():
        load_shipped()


def load_shipped():
    call_command("load_content", stdout=StringIO())
    call_command("load_problems", stdout=StringIO())


@pytest.fixture
def shipped(db):
    """The shipped content, also after a test that emptied the tables when it ended."""
    if not Card.objects.exists():
        LoadedFile.objects.all().delete()
        load_shipped()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A real site with everything that is shipped: broker, workers, sweep and web server."""
    state = tmp_path_factory.mktemp("site") / "var"
    prepare(state)
    running = Site(state)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="session")
def running_site(site):
    """The address of a real site, such as http://127.0.0.1:8123."""
    return site.url


@pytest.fixture(scope="session")
def shared_casebook(tmp_path_factory):
    with running_casebook(tmp_path_factory.mktemp("faults")) as casebook:
        yield casebook


@pytest.fixture
def casebook(shared_casebook):
    """A real Casebook whose processes all run, whatever the test before did to them."""
    yield shared_casebook
    shared_casebook.start_what_ended()
    shared_casebook.cancel_everything()
