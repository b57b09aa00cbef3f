"""Two accounts never mix: every address, by every method, as a stranger to Ada and signed out.

Ada has something of everything, with a word in it that nobody else may ever read, and every address
that can name something of hers does. Whatever a stranger sends, nothing of hers changes.
"""

import re

import pytest
from django.db import transaction
from zeal import zeal_ignore

from tests.belongings import SECRET, Belongings, everything_of, written_down
from tests.walk import Address, Visitor, Writes, addresses

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# What the API answers for what is somebody else's; to those who are signed out, 401 as well.
NOT_HERE = {404, 405}
# Whoever holds the UUID of a job may read it (API.md): its parameters, result and pictures, and
# never its label, nor whose it is.
OPEN_TO_HOLDERS = {"job-detail", "job-chart"}
SHOW_A_JOB = {"job-detail", "job-cancel"}
# Pages that answer everybody the same, whatever the address names.
ALIKE_FOR_ALL = {"account-token-revoke"}
SIGNED_OUT = {302, 401, 404, 405}


@pytest.fixture
def things(ada, shipped, settings, tmp_path) -> Belongings:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FEATURES = settings.FEATURES | {"explanations": True}
    return everything_of(ada)


@pytest.fixture
def places(things):
    return addresses(things)


@pytest.fixture(params=["nobody", "bob", "cora"])
def stranger(request) -> Visitor:
    who = request.param
    return Visitor(None if who == "nobody" else request.getfixturevalue(who))


def bodies(address: Address, things: Belongings) -> list[dict]:
    """What a stranger might send: nothing, and what would be allowed, with Ada's ids."""
    dataset = {"dataset": {"id": str(things.dataset.pk)}}
    allowed = {
        "job-list": {"kind": "diagnostic-test", "params": dataset},
        "api-my-topic": {"sections_read": [], "done": False},
        "api-problem-submissions": {"code": "x = 1", "owner": things.owner.pk},
        "api-problem-run": {"code": "x = 1"},
        "your-data": {"confirmation": things.owner.username},
        "account-email": {"email": f"{SECRET}@example.org"},
        "reset-password": {"password1": "a new battery staple", "password2": "the same"},
    }
    owner = {"owner": things.owner.pk, "user": things.owner.pk, "username": things.owner.username}
    return [{}, owner, *([allowed[address.name]] if address.name in allowed else [])]


def secrets_of(things: Belongings) -> list[bytes]:
    token = things.rows["knox.AuthToken.user"]
    objects = (things.submission, things.dataset, things.job, things.private_job)
    words = [SECRET, things.token, token.digest, token.token_key, *(str(one.pk) for one in objects)]
    return [word.encode() for word in words]


def told(response, address: Address, data: dict | None, secrets: list[bytes]) -> list[bytes]:
    """What of Ada's stands in an answer, save what the stranger had said already."""
    asked = f"{address.path} {data}"
    if address.name in SHOW_A_JOB and response.status_code in (200, 202) and response.content:
        # Whoever may read a job may read what it was computed from.
        asked += str(response.json().get("params"))
    return [word for word in secrets if word in response.text_of_all and word.decode() not in asked]


@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_learns_nothing_and_changes_nothing(method, things, places, stranger):
    secrets, before, wrong = secrets_of(things), written_down(things), []
    with zeal_ignore():
        for address in places:
            if address.name.startswith("admin:") and is_curator(stranger):
                # In the admin a curator sees what its role lets it see.
                continue
            for data in bodies(address, things) if method in ("POST", "PUT", "PATCH") else [None]:
                # Whatever strangers do to themselves is undone, so that all stay signed in.
                with transaction.atomic(), Writes() as writes:
                    response = stranger.send(method, address, data)
                    changed = writes.statements and written_down(things) != before
                    transaction.set_rollback(True)
                if changed and not may_cancel(stranger, address):
                    wrong.append((address, data, "changes something of Ada's"))
                if said := told(response, address, data, secrets):
                    wrong.append((address, data, said))
                if response.status_code >= 500 and address.name != "/readyz":
                    wrong.append((address, data, response.exc_info[1]))
                if not fits(response, address, stranger):
                    wrong.append((address, data, response.status_code))
    assert wrong == []


def is_curator(visitor: Visitor) -> bool:
    return bool(visitor.user and visitor.user.is_staff)


def may_cancel(visitor: Visitor, address: Address) -> bool:
    """Staff cancel jobs of others."""
    return is_curator(visitor) and address.name == "job-cancel"


def fits(response, address: Address, visitor: Visitor) -> bool:
    """Whether a thing of Ada's is not there, for whoever is not Ada."""
    if not address.is_of_somebody or response.wsgi_request.method == "OPTIONS":
        return True
    if visitor.user is None and response.status_code in SIGNED_OUT:
        return True
    if address.name in OPEN_TO_HOLDERS:
        return response.status_code in {200, 304, *NOT_HERE}
    if may_cancel(visitor, address):
        return response.status_code in {202, 409, 405}
    if address.path.startswith("/admin/"):
        return response.status_code in {302, 403}
    if address.name in ALIKE_FOR_ALL:
        return response.status_code in {302, *NOT_HERE}
    return response.status_code in NOT_HERE


def test_the_walk_finds_what_its_owner_sees(things, places):
    """So that it would find it, too, where a stranger saw it."""
    secrets, visitor, found = secrets_of(things), Visitor(things.owner), set()
    with zeal_ignore():
        for address in places:
            if told(visitor.send("GET", address), address, None, secrets):
                found.add(address.name)
    assert found >= {
        *("api-submission-list", "api-submission-detail", "job-list", "job-detail"),
        *("dataset-list", "dataset-detail", "api-me-export", "account-email"),
    }


def test_the_walk_finds_every_operation_of_the_schema(places, api):
    paths = api.get("/api/schema/?format=json").json()["paths"]
    found = {address.path.partition("?")[0] for address in places}
    for path in paths:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        assert any(re.fullmatch(pattern, one) for one in found), path


def test_no_address_of_ada_is_hers_alone_by_luck(things, places):
    """What names something of hers is known to do so."""
    named = {address.name for address in places if address.is_of_somebody}
    assert named >= {
        *("api-submission-detail", "api-submission-cancel", "api-submission-explanation"),
        *("job-detail", "job-cancel", "job-chart", "dataset-detail", "account-token-revoke"),
        *("admin:auth_user_change", "admin:auth_user_delete", "admin:compute_job_cancel"),
    }
