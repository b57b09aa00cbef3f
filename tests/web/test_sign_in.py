"""Signing in and out on the pages."""

from urllib.parse import urlencode

import pytest
from zeal import zeal_ignore

from tests.conftest import PASSWORD


def test_the_right_password_opens_the_account_and_goes_back(ada, client):
    response = client.post(
        "/sign-in/", {"username": "ada", "password": PASSWORD, "next": "/problems/"}
    )
    assert response["Location"] == "/problems/"
    html = client.get("/").content.decode()
    assert '<a href="/account/"><span>ada</span></a>' in html
    assert "Curate" not in html


def test_a_wrong_password_is_said_in_words_and_names_nobody(ada, client):
    for name in ("ada", "nobody"):
        response = client.post("/sign-in/", {"username": name, "password": "wrong"})
        assert response.status_code == 200
        assert "do not belong to an account" in response.content.decode()


def test_signing_in_leads_to_no_other_site(ada, client):
    data = {"username": "ada", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in/", data)["Location"] == "/"


def test_signing_out_takes_a_post(ada, client):
    client.force_login(ada)
    assert client.get("/sign-out/").status_code == 405
    # Django itself asks for the session twice while it ends one.
    with zeal_ignore([{"model": "sessions.Session"}]):
        assert client.post("/sign-out/")["Location"] == "/"
    assert "<span>ada</span>" not in client.get("/").content.decode()


def test_staff_find_the_way_to_the_admin(cora, client):
    client.force_login(cora)
    assert '<a href="/admin/">Curate</a>' in client.get("/").content.decode()


def test_whoever_is_signed_in_needs_no_form(ada, client):
    client.force_login(ada)
    assert client.get("/sign-in/")["Location"] == "/"
    assert client.get("/sign-in/?next=/problems/")["Location"] == "/problems/"
    assert client.get("/sign-up/")["Location"] == "/"


STRANGE = ["", " ", "a" * 100_000, "ada\x00", "名前", "\ud83d", "%", "' OR 1=1 --", "\u202eada"]


@pytest.mark.parametrize("text", STRANGE)
def test_whatever_is_typed_is_answered_in_words(ada, client, text):
    for name, password in ((text, PASSWORD), ("ada", text)):
        response = client.post("/sign-in/", encoded(name, password), FORM)
        assert response.status_code == 200
        html = response.content.decode()
        assert "do not belong to an account" in html or 'class="fault"' in html


FORM = "application/x-www-form-urlencoded"


def encoded(name: str, password: str) -> bytes:
    """As a browser sends it, half a character too."""
    return urlencode({"username": name, "password": password}, errors="surrogatepass").encode()


def test_a_session_that_is_signed_out_is_gone_also_for_whoever_kept_its_cookie(ada, client):
    client.force_login(ada)
    cookie = client.cookies["sessionid"].value
    with zeal_ignore([{"model": "sessions.Session"}]):
        client.post("/sign-out/")
    client.cookies["sessionid"] = cookie
    assert client.get("/account/")["Location"] == "/sign-in/?next=/account/"


def test_an_account_that_is_locked_signs_in_nowhere_and_is_not_told_apart(ada, client):
    ada.is_active = False
    ada.save()
    response = client.post("/sign-in/", {"username": "ada", "password": PASSWORD})
    assert "do not belong to an account" in response.content.decode()
