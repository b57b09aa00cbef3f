"""Making an account."""

import re
import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection

from learn import accounts
from tests.conftest import PASSWORD
from tests.web.visitors import MADE, NEW, browser, faults, name_of, sign_in, text_of

pytestmark = pytest.mark.usefixtures("asks_twice")


def test_an_account_is_made_entered_left_and_entered_again(db):
    client = browser()
    response = client.post("/sign-up/", MADE)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert name_of(client) == "grace"
    assert client.post("/sign-out/").status_code == 302
    assert name_of(client) == ""
    assert sign_in(client, "grace")["Location"] == "/"
    assert name_of(client) == "grace"
    user = User.objects.get(username="grace")
    assert (user.is_staff, user.is_superuser, user.email) == (False, False, "")


def test_signing_up_leads_back_to_where_one_came_from(db):
    page = text_of(browser().get("/sign-in/?next=/problems/"))
    assert 'href="/sign-up/?next=%2Fproblems%2F"' in page
    page = text_of(browser().get("/sign-up/?next=/problems/"))
    assert '<input type="hidden" name="next" value="/problems/">' in page
    assert browser().post("/sign-up/", MADE | {"next": "/problems/"})["Location"] == "/problems/"


EVIL = [
    *("//evil.example/", "https://evil.example/", "https:evil.example", "/\\evil.example"),
    *("javascript:alert(1)", "http://localhost/", "http://127.0.0.1:9/", "\x00//evil.example"),
]


@pytest.mark.parametrize("address", EVIL)
def test_nothing_leads_to_another_site(ada, address):
    assert sign_in(browser(), next=address)["Location"] == "/"
    assert browser().post("/sign-up/", MADE | {"next": address})["Location"] == "/"
    client = browser()
    client.force_login(ada)
    assert client.get("/sign-in/", {"next": address})["Location"] == "/"


NOT_NAMES = [
    *("a", "a" * 41, "two words", "ada@example.org", "аda", "ａｄａ", "ada\u200b", "ada\n"),
    *(".ada", "ada.", "-", "é", "名前", "a" * 100_000, "ada/../x", "<b>ada</b>"),
]


@pytest.mark.parametrize("name", NOT_NAMES)
def test_a_name_of_strange_characters_is_refused_in_words(db, name):
    response = browser().post("/sign-up/", MADE | {"username": name})
    if name.strip() == "ada":
        # Blanks around a name are no part of it.
        assert response.status_code == 302
        return
    assert response.status_code == 200
    assert set(faults(response)) == {"username"}
    assert not User.objects.exists()


OFFICIAL = [
    *("admin", "Admin", "ADMIN", "adm1n", "admin1", "the-admin", "admin.team", "r00t", "ro-ot"),
    *("casebook", "case-book", "casebook.support", "staff", "0perator", "adrnin", "curator2"),
]


@pytest.mark.parametrize("name", OFFICIAL)
def test_nobody_takes_a_name_that_sounds_like_whoever_runs_the_site(db, name):
    response = browser().post("/sign-up/", MADE | {"username": name})
    assert "could be taken for" in faults(response)["username"]
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["ro", "ada.lovelace", "Grace_H", "x-1", "badminton", "7", "42"])
def test_an_ordinary_name_is_taken(db, name):
    response = browser().post("/sign-up/", MADE | {"username": name})
    assert response.status_code == (302 if len(name) > 1 else 200)


@pytest.mark.parametrize("name", ["ada", "Ada", "ADA"])
def test_a_name_is_taken_whatever_its_case(ada, name):
    response = browser().post("/sign-up/", MADE | {"username": name})
    assert faults(response) == {"username": f"“{name}” is taken. Choose another user name."}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password1": "password1", "password2": "password1"}, "password1"),
        ({"password1": "grace-hopper", "password2": "x", "username": "gracehopper"}, "password1"),
        ({"password2": NEW}, "password2"),
        ({"password1": "", "password2": ""}, "password1"),
        ({"password1": "x" * 1001, "password2": "x" * 1001}, "password1"),
        ({"password1": PASSWORD + "\x00"}, "password1"),
        ({"email": "nonsense"}, "email"),
        ({"email": "a" * 250 + "@example.org"}, "email"),
        ({"email": "a@example.org\x00"}, "email"),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email"),
        ({"username": ""}, "username"),
        ({"username": "gra\x00ce"}, "username"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(db, change, field):
    response = browser().post("/sign-up/", MADE | change)
    assert response.status_code == 200
    said = faults(response)
    assert said[field].endswith((".", ")."))
    assert f'id="id_{field}_error"' in text_of(response)
    assert re.search(
        rf'<input[^>]*name="{field}"[^>]*aria-describedby="[^"]*id_{field}_error', text_of(response)
    )
    assert not User.objects.exists()


def test_no_field_gives_a_password_back(db):
    response = browser().post("/sign-up/", MADE | {"username": "-"})
    assert PASSWORD not in text_of(response)


def test_where_nobody_may_sign_up_the_page_says_so_and_no_link_leads_there(settings, db):
    settings.SIGN_UP = False
    page = text_of(browser().get("/sign-up/"))
    assert "Accounts are made by whoever runs this site" in page
    assert 'class="form"' not in page
    browser().post("/sign-up/", MADE)
    assert not User.objects.exists()
    assert "/sign-up/" not in text_of(browser().get("/sign-in/"))
    settings.SIGN_UP = True
    assert "/sign-up/" in text_of(browser().get("/sign-in/"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [("grace", "grace"), ("grace", "Grace")])
def test_two_who_take_one_name_at_the_same_moment_get_one_account_and_a_sentence(names):
    answers, start = [], threading.Barrier(2)

    def take(name):
        start.wait()
        try:
            answers.append(browser().post("/sign-up/", MADE | {"username": name}))
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    [late] = [answer for answer in answers if answer.status_code == 200]
    assert "is taken" in faults(late)["username"]
    assert User.objects.count() == 1


def test_a_name_that_was_taken_while_the_form_was_sent_is_a_sentence(db, monkeypatch):
    def beaten(user, email):
        User.objects.create(username="grace")
        accounts.check_name_is_free(user.username)

    monkeypatch.setattr("web.account_forms.accounts.sign_up", beaten)
    assert "is taken" in faults(browser().post("/sign-up/", MADE))["username"]
