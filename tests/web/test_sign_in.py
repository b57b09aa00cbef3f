"""Signing in and out on the pages."""

from zeal import zeal_ignore

from tests.conftest import PASSWORD


def test_the_right_password_opens_the_account_and_goes_back(ada, client):
    response = client.post(
        "/sign-in/", {"username": "ada", "password": PASSWORD, "next": "/problems/"}
    )
    assert response["Location"] == "/problems/"
    html = client.get("/").content.decode()
    assert "<span>ada</span>" in html
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
