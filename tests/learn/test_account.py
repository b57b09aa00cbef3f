"""Who one is: the account that a token or a session stands for."""

import pytest
from django.utils.dateparse import parse_datetime

ME = "/api/v1/me/"


def test_the_account_is_its_owners(api_as, ada, oscar):
    account = api_as(ada).get(ME).json()
    assert set(account) == {"username", "is_staff", "joined_at"}
    assert (account["username"], account["is_staff"]) == ("ada", False)
    assert parse_datetime(account["joined_at"]) == ada.date_joined
    assert api_as(oscar).get(ME).json()["is_staff"] is True


def test_a_session_stands_for_its_owner_too(client, ada):
    client.force_login(ada)
    response = client.get(ME)
    assert response.json()["username"] == "ada"
    assert response["Cache-Control"] == "private, no-store"


def test_a_stranger_has_no_account(api, db):
    response = api.get(ME)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_an_account_is_not_changed_here(api_as, ada, method):
    assert getattr(api_as(ada), method)(ME, {}, format="json").status_code == 405
