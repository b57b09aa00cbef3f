"""The pages of one's own account, for its owner and nobody else, and how often one may try."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.html import escape
from knox.models import AuthToken

from learn import accounts
from learn.adapter import AccountAdapter
from rest.access import SECRETS
from rest.models import Tries
from tests.conftest import PASSWORD
from tests.web.visitors import (
    BUTTONS,
    HOME,
    MADE,
    ME,
    NEW,
    OPEN_PAGES,
    OWN_PAGES,
    browser,
    faults,
    link_in,
    name_of,
    sign_in,
    text_of,
)
from web.urls import urlpatterns

pytestmark = pytest.mark.usefixtures("asks_twice")


# --- One's own ---
def test_a_new_password_ends_other_sessions_and_tokens_and_keeps_this_one(ada):
    here, there = browser(), browser()
    sign_in(here)
    sign_in(there)
    accounts.make_token(ada)
    change = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert faults(here.post("/account/password/", change | {"oldpassword": NEW}))["oldpassword"]
    assert name_of(there) == "ada"
    assert here.post("/account/password/", change)["Location"] == "/account/"
    assert "Your password is changed" in text_of(here.get("/account/"))
    assert (name_of(here), name_of(there)) == ("ada", "")
    assert not AuthToken.objects.exists()


def test_signing_out_elsewhere_keeps_password_and_tokens(ada):
    here, there = browser(), browser()
    sign_in(here)
    sign_in(there)
    accounts.make_token(ada)
    assert faults(here.post("/account/sessions/", {"password": "wrong"}))["password"]
    assert name_of(there) == "ada"
    here.post("/account/sessions/", {"password": PASSWORD})
    assert (name_of(here), name_of(there)) == ("ada", "")
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert AuthToken.objects.count() == 1


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("/account/sessions/", {"password": PASSWORD}),
        ("/account/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}),
    ],
)
def test_a_password_that_was_set_meanwhile_stays_and_the_page_says_so(ada, monkeypatch, page, data):
    client, newest = browser(), "and one more battery staple"
    sign_in(client)
    right = AccountAdapter.reauthenticate

    def beaten(adapter, user, password):
        is_right = right(adapter, user, password)
        accounts.set_password(User.objects.get(pk=user.pk), newest)
        return is_right

    monkeypatch.setattr(AccountAdapter, "reauthenticate", beaten)
    answer = client.post(page, data, follow=True)
    assert "nothing was done here" in text_of(answer)
    assert name_of(client) == ""
    ada.refresh_from_db()
    assert ada.check_password(newest)


def test_the_session_of_before_signing_in_is_not_the_one_of_after(ada):
    client = browser()
    session = client.session
    session["known"] = "to somebody else"
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert client.cookies["sessionid"].value != session.session_key
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(client_as, ada):
    client = client_as(ada)
    page = client.post("/account/tokens/")
    [token] = re.findall(r"<code>([0-9a-f]{64})</code>", text_of(page))
    assert "no-store" in page["Cache-Control"]
    program = Client(HTTP_AUTHORIZATION=f"Token {token}")
    assert program.get(ME).json()["username"] == "ada"
    page = text_of(client.get("/account/"))
    assert token[:8] in page
    assert token not in page
    other = accounts.make_token(ada)[1]
    client.post(f"/account/tokens/{token[:15]}/")
    assert program.get(ME).status_code == 401
    program = Client(HTTP_AUTHORIZATION=f"Token {other}")
    assert program.get(ME).status_code == 200
    client.post("/account/tokens/revoke-all/")
    assert program.get(ME).status_code == 401


def test_nobody_revokes_the_token_of_another(client_as, ada, bob):
    row, token = accounts.make_token(ada)
    client = client_as(bob)
    assert row.token_key not in text_of(client.get("/account/"))
    assert client.post(f"/account/tokens/{row.token_key}/").status_code == 404
    client.post("/account/tokens/revoke-all/")
    assert Client(HTTP_AUTHORIZATION=f"Token {token}").get(ME).status_code == 200


@pytest.mark.parametrize("key", ["%00", "x%00", "%FF", "ab'--", "0" * 5000])
def test_a_token_that_cannot_be_is_not_found(client_as, ada, key):
    row, _ = accounts.make_token(ada)
    assert client_as(ada).post(f"/account/tokens/{key}/").status_code == 404
    assert AuthToken.objects.get() == row


def test_a_page_of_hundreds_of_tokens_shows_the_newest_and_their_number(client_as, ada):
    rows = [accounts.make_token(ada)[0] for _ in range(60)]
    page = text_of(client_as(ada).get("/account/"))
    assert "The newest 50 of 60." in page
    assert rows[-1].token_key in page
    assert rows[0].token_key not in page
    client = client_as(ada)
    client.post("/account/tokens/")
    assert AuthToken.objects.count() == 60
    assert "Revoke one that you do not use" in text_of(client.get("/account/"))


@pytest.mark.parametrize("address", [*OWN_PAGES, *BUTTONS, "/account/tokens/0123456789abcde/"])
def test_a_stranger_is_led_to_the_sign_in(db, address):
    for method in ("get", "post"):
        response = getattr(browser(), method)(address)
        assert response["Location"] == f"/sign-in/?next={address}"


@pytest.mark.parametrize("address", [*BUTTONS, "/account/tokens/0123456789abcde/"])
def test_a_button_is_only_pressed(client_as, ada, address):
    row, _ = accounts.make_token(ada)
    assert client_as(ada).get(address)["Location"] == "/account/"
    assert AuthToken.objects.get() == row


@pytest.mark.parametrize(
    "address",
    [*OWN_PAGES, *BUTTONS, "/sign-in/", "/sign-up/", "/sign-out/", "/password/forgotten/"],
)
def test_no_form_of_another_site_is_taken(ada, address, settings):
    settings.SENDS_MAIL = True
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post(address, MADE).status_code == 403


@pytest.mark.parametrize("address", [*OWN_PAGES, *OPEN_PAGES, *BUTTONS])
@pytest.mark.parametrize("who", ["stranger", "ada"])
def test_looking_changes_nothing(ada, mails, address, who):
    User.objects.filter(pk=ada.pk).update(email="Ada@Example.org")
    client = browser()
    if who == "ada":
        client.force_login(ada)
    before = everything()
    for _ in range(2):
        client.get(address)
        client.head(address)
    assert everything() == before


def test_looking_at_a_link_changes_nothing(ada, bob, mails):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    # First the session: signing in ends the links of before.
    owner = browser()
    owner.force_login(ada)
    browser().post("/password/forgotten/", {"email": "ada@example.org"})
    owner.post("/account/e-mail/again/")
    links = [link_in(mails[0], "/password/"), link_in(mails[1], "/account/")]
    other = browser()
    other.force_login(bob)
    before = everything()
    for link in links * 2:
        for client in (browser(), owner, other):
            assert client.get(link).status_code == 200
    assert everything() == before


def everything() -> list:
    models = (User, Session, EmailAddress, AuthToken, Tries)
    return [sorted(map(str, model.objects.values_list())) for model in models]


@pytest.mark.parametrize("address", [*OWN_PAGES, *OPEN_PAGES])
def test_pages_of_accounts_are_in_no_cache_and_answer_no_json(client_as, ada, mails, address):
    client = client_as(ada) if address in OWN_PAGES else browser()
    response = client.get(
        address, HTTP_ACCEPT="application/json", HTTP_X_REQUESTED_WITH="XMLHttpRequest"
    )
    assert response["Content-Type"].startswith("text/html")
    if address != "/password/forgotten/sent/":
        assert "no-store" in response["Cache-Control"]
    html = text_of(response)
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|placeholder=(?!\"Search)", html)


def test_a_name_is_never_markup(client_as, db):
    user = User.objects.create_user("<b>o'neil</b>", email="x@example.org", password=PASSWORD)
    page = text_of(client_as(user).get("/account/"))
    assert "<b>o" not in page
    assert escape("<b>o'neil</b>") in page


# --- Limits ---
def test_forty_learners_of_one_class_sign_up_mistype_and_come_in(db):
    for number in range(40):
        made = MADE | {"username": f"learner{number}"}
        if number % 4 == 0:
            assert browser().post("/sign-up/", made | {"password2": "x"}).status_code == 200
        assert browser().post("/sign-up/", made).status_code == 302
    for number in range(40):
        if number % 4 == 0:
            assert [sign_in(browser(), f"learner{number}", "x").status_code for _ in range(3)] == [
                200
            ] * 3
        assert sign_in(browser(), f"learner{number}").status_code == 302


def test_forty_learners_of_one_class_forget_their_passwords(db, mails):
    for number in range(40):
        answer = browser().post("/password/forgotten/", {"email": f"learner{number}@example.org"})
        assert answer.status_code == 302
    assert len(mails) == 40


def test_one_address_makes_so_many_accounts_an_hour(db, settings):
    settings.LIMITS = settings.LIMITS | {"sign_up": "2"}
    names = ("grace", "rose", "mary")
    answers = [browser().post("/sign-up/", MADE | {"username": name}) for name in names]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert 3500 < int(answers[2]["Retry-After"]) <= 3601
    assert "Wait 60 minutes" in text_of(answers[2])
    assert browser("198.51.100.1").post("/sign-up/", MADE | {"username": "mary"}).status_code == 302


def test_asking_for_a_link_again_and_again_waits_and_holds_up_nobody_else(ada, mails):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")

    def ask(name, address=HOME):
        return (
            browser(address)
            .post("/password/forgotten/", {"email": f"{name}@example.org"})
            .status_code
        )

    assert [ask("ada") for _ in range(6)] == [302] * 5 + [429]
    assert ask("bob") == 302
    assert ask("ada", "198.51.100.1") == 302


def test_nobody_is_buried_in_mails_and_the_first_links_still_work(ada, mails, settings):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    settings.LIMITS = settings.LIMITS | {"mails": "3"}
    for number in range(10):
        client = browser(f"198.51.100.{number}")
        assert client.post("/password/forgotten/", {"email": "ada@example.org"}).status_code == 302
    assert len(mails) == 3
    assert browser().get(link_in(mails[0], "/password/reset/")).status_code == 200


def test_mails_that_anybody_asks_for_take_the_place_of_no_others(db, mails, settings):
    settings.LIMITS = settings.LIMITS | {"mails": "2"}
    for number in range(4):
        client = browser(f"198.51.100.{number}")
        client.post("/password/forgotten/", {"email": "grace@example.org"})
    assert len(mails) == 2
    client = browser()
    client.post("/sign-up/", MADE | {"email": "grace@example.org"})
    assert len(mails) == 3
    assert browser().post(link_in(mails[2], "/account/e-mail/confirm/")).status_code == 302


def test_whoever_meets_the_limit_of_mails_on_their_own_page_reads_of_it(
    client_as, ada, mails, settings
):
    settings.LIMITS = settings.LIMITS | {"mails": "2"}
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    client = client_as(ada)
    for said in ("on its way", "on its way", "No other mail was sent"):
        page = text_of(client.post("/account/e-mail/again/", follow=True))
        assert said in page
    assert "on its way" not in page
    assert len(mails) == 2


def test_news_of_an_account_always_reaches_the_address_that_it_confirmed(ada, mails, settings):
    settings.LIMITS = settings.LIMITS | {"mails": "2"}
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    client, passwords = browser(), [PASSWORD, NEW] * 4
    sign_in(client)

    def change():
        old, new = passwords.pop(0), passwords[0]
        change = {"oldpassword": old, "password1": new, "password2": new}
        assert client.post("/account/password/", change).status_code == 302
        return len(mails)

    # One that is not confirmed may be somebody else's, who is not to be buried in mails.
    assert [change() for _ in range(3)] == [1, 2, 2]
    EmailAddress.objects.create(user=ada, email="ada@example.org", primary=True, verified=True)
    assert [change() for _ in range(3)] == [3, 4, 5]
    client.post("/account/e-mail/", {"email": "", "password": passwords[0]})
    assert "was changed" in mails[5].subject


def test_whoever_found_a_session_open_cannot_guess_the_password(client_as, ada):
    client = client_as(ada)
    pages = {
        "/account/e-mail/": {"email": "", "password": "guess"},
        "/account/sessions/": {"password": "guess"},
        "/account/password/": {"oldpassword": "guess", "password1": NEW, "password2": NEW},
    }
    answers = [client.post(page, data).status_code for page, data in list(pages.items()) * 4]
    assert answers == [200] * 10 + [429] * 2


def test_the_key_of_a_link_is_in_no_log(ada, caplog):
    caplog.set_level("INFO")
    link = accounts.reset_link(ada, datetime.timedelta(hours=1))
    key = link.rstrip("/").rpartition("/")[2]
    browser().get(f"/password/reset/{key}/")
    browser().get(f"/password/reset/{key}x/")
    browser().get(f"/account/e-mail/confirm/{key}/")
    browser().get(f"/password/reset/{key}")
    browser().get(f"/account/e-mail/confirm/{key}")
    browser().get(f"/Password/reset/{key}/more")
    browser().get("/password/forgotten/")
    paths = [record.path for record in caplog.records if hasattr(record, "path")]
    assert paths == [
        *["/password/reset/…/"] * 2,
        *("/account/e-mail/confirm/…/", "/password/reset/…", "/account/e-mail/confirm/…"),
        *("/Password/reset/…", "/password/forgotten/"),
    ]


def test_every_address_with_a_secret_is_one_whose_key_is_not_logged():
    routes = [str(pattern.pattern) for pattern in urlpatterns]
    secret = [route for route in routes if "secret" in route]
    assert len(secret) == 2
    assert all(SECRETS.search(f"/{route}") for route in secret)
    assert not any(SECRETS.search(f"/{route}") for route in set(routes) - set(secret))
