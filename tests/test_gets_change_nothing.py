"""A GET changes nothing, whoever makes it: every address, twice, and as HEAD."""

import datetime
import hashlib
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.urls import reverse
from zeal import zeal_ignore

from learn.accounts import reset_link
from tests.belongings import Belongings, all_rows, everything_of
from tests.walk import Address, Visitor, Writes, addresses

SAFE = ("GET", "GET", "HEAD")


@pytest.fixture
def things(ada, shipped, settings, tmp_path) -> Belongings:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FEATURES = settings.FEATURES | {"explanations": True}
    return everything_of(ada)


@pytest.fixture
def places(things):
    return [*addresses(things), *links_that_work(things)]


def links_that_work(things) -> list[Address]:
    """Of those that come by mail: programs look at each before anybody reads it."""
    waiting = EmailAddress.objects.create(user=things.owner, email="ada@example.com")
    paths = {
        "reset-password": reset_link(things.owner, datetime.timedelta(hours=1)),
        "account_confirm_email": reverse(
            "account_confirm_email", args=[EmailConfirmationHMAC(waiting).key]
        ),
    }
    return [Address(name, urlsplit(path).path) for name, path in paths.items()]


def digest_of_everything(folder) -> dict[str, str]:
    """A hash of each table, and of the files that learners uploaded."""
    files = sorted((path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    rows = all_rows() | {"files": files}
    return {name: hashlib.sha256(repr(some).encode()).hexdigest() for name, some in rows.items()}


def walk(visitor: Visitor, places, folder) -> None:
    before, changed, failed = digest_of_everything(folder), [], []
    # The tests of each page look for repeated queries.
    with zeal_ignore():
        for address in places:
            for method in SAFE:
                with Writes() as writes:
                    response = visitor.send(method, address)
                if writes.statements:
                    changed.append((method, address, writes.statements))
                if response.status_code >= 500 and address.name != "/readyz":
                    failed.append((method, address, response.exc_info[1]))
    assert changed == []
    assert failed == []
    assert digest_of_everything(folder) == before


@pytest.mark.parametrize("who", ["nobody", "ada", "cora", "admin"])
def test_whoever_looks_at_everything_changes_nothing(who, places, request, settings):
    user = None if who == "nobody" else request.getfixturevalue(who)
    walk(Visitor(user), places, settings.MEDIA_ROOT)
