"""E-mail addresses of accounts, and forgotten passwords."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from tests.conftest import PASSWORD
from tests.web.visitors import (
    MADE,
    ME,
    NEW,
    TOKEN,
    browser,
    faults,
    link_in,
    name_of,
    sign_in,
    text_of,
)

pytestmark = pytest.mark.usefixtures("asks_twice")


# --- E-mail addresses ---
def test_an_address_signs_in_like_the_name(db):
    browser().post("/sign-up/", MADE | {"email": "Grace@Example.org"})
    for login in ("grace", "grace@example.org", "GRACE@example.org", " grace@example.org "):
        client = browser()
        sign_in(client, login)
        assert name_of(client) == "grace"
    answer = client.post(
        TOKEN, {"username": "grace@example.org", "password": PASSWORD}, "application/json"
    )
    assert answer.status_code == 200
    assert sign_in(browser(), "grace@example.org", "wrong").status_code == 200


def test_an_address_that_two_accounts_name_signs_in_both_and_one_of_them_confirms_it(db, mails):
    for name, password in (("grace", PASSWORD), ("mallory", NEW)):
        made = {"username": name, "password1": password, "password2": password}
        browser().post("/sign-up/", MADE | made | {"email": "grace@example.org"})
    for name, password in (("grace", PASSWORD), ("mallory", NEW)):
        client = browser()
        sign_in(client, "grace@example.org", password)
        assert name_of(client) == name
    browser().post(link_in(mails[0], "/account/e-mail/confirm/"))
    client = browser()
    sign_in(client, "grace@example.org")
    assert name_of(client) == "grace"
    # Whoever else named it can no longer confirm it.
    late = link_in(mails[1], "/account/e-mail/confirm/")
    assert browser().get(late).status_code == 404
    assert browser().post(late).status_code == 404


def test_signing_up_says_nothing_of_whose_address_it_is(ada, mails):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    EmailAddress.objects.create(user=ada, email="ada@example.org", primary=True, verified=True)
    taken = browser().post("/sign-up/", MADE | {"email": "ada@example.org"})
    free = browser().post("/sign-up/", MADE | {"username": "rose", "email": "rose@example.org"})
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
    assert [mail.to for mail in mails] == [["ada@example.org"], ["rose@example.org"]]
    assert {mail.subject for mail in mails} == {"Welcome to Casebook: confirm your e-mail address"}


def test_an_address_is_confirmed_by_the_link_and_a_button_whoever_is_signed_in(db, mails, bob):
    client = browser()
    client.post("/sign-up/", MADE | {"email": "grace@example.org"})
    assert "not confirmed" in text_of(client.get("/account/"))
    link = link_in(mails[0], "/account/e-mail/confirm/")
    other = browser()
    other.force_login(bob)
    for visitor in (browser(), other):
        assert "Is grace@example.org yours?" in text_of(visitor.get(link))
    assert name_of(other) == "bob"
    assert not EmailAddress.objects.filter(verified=True).exists()
    assert browser().post(link)["Location"] == "/sign-in/"
    page = text_of(client.get("/account/"))
    assert "confirmed" in page
    assert "not confirmed" not in page
    assert browser().get(link).status_code == 404


def test_a_confirmed_address_stays_until_the_new_one_is_confirmed(db, mails):
    client = browser()
    client.post("/sign-up/", MADE | {"email": "old@example.org"})
    client.post(link_in(mails.pop(), "/account/e-mail/confirm/"))
    change = {"email": "new@example.org", "password": PASSWORD}
    assert client.post("/account/e-mail/", change)["Location"] == "/account/"
    page = text_of(client.get("/account/"))
    assert "<strong>old@example.org</strong>" in page
    assert "new@example.org takes its place" in page
    assert sign_in(browser(), "new@example.org").status_code == 200
    notice, mail = mails
    assert notice.to == ["old@example.org"]
    assert notice.subject == "Your e-mail address for Casebook is to be changed"
    link_in(notice, "/password/forgotten/")
    assert mail.to == ["new@example.org"]
    client.post(link_in(mail, "/account/e-mail/confirm/"))
    assert User.objects.get().email == "new@example.org"
    assert EmailAddress.objects.values_list("email", "verified", "primary").get() == (
        "new@example.org",
        True,
        True,
    )
    # The old one hears of it.
    assert mails[-1].to == ["old@example.org"]
    assert "was changed" in mails[-1].subject


def test_a_thief_who_asked_for_another_address_loses_it_when_the_password_is_reset(db, mails):
    browser().post("/sign-up/", MADE | {"email": "grace@example.org"})
    browser().post(link_in(mails[0], "/account/e-mail/confirm/"))
    thief = browser()
    sign_in(thief, "grace")
    thief.post("/account/e-mail/", {"email": "thief@example.net", "password": PASSWORD})
    [stolen] = [mail for mail in mails if mail.to == ["thief@example.net"]]
    browser().post("/password/forgotten/", {"email": "grace@example.org"})
    reset = link_in(mails[-1], "/password/reset/")
    assert browser().post(reset, {"password1": NEW, "password2": NEW}).status_code == 302
    assert browser().post(link_in(stolen, "/account/e-mail/confirm/")).status_code == 404
    assert User.objects.get().email == "grace@example.org"
    browser().post("/password/forgotten/", {"email": "thief@example.net"})
    assert "No account there has it" in mails[-1].body


def test_an_address_is_changed_by_whoever_knows_the_password(client_as, ada):
    client = client_as(ada)
    change = {"email": "ada@example.org", "password": "wrong"}
    assert faults(client.post("/account/e-mail/", change)) == {
        "password": "This is not your current password."
    }
    client.post("/account/e-mail/", change | {"password": PASSWORD})
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"
    client.post("/account/e-mail/", {"email": "", "password": PASSWORD})
    ada.refresh_from_db()
    assert ada.email == ""
    assert not EmailAddress.objects.exists()


def test_the_mail_to_confirm_is_sent_again(client_as, ada, mails):
    client = client_as(ada)
    client.post("/account/e-mail/again/")
    assert not mails
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    client.post("/account/e-mail/again/")
    [mail] = mails
    client.post(link_in(mail, "/account/e-mail/confirm/"))
    client.post("/account/e-mail/again/")
    assert len(mails) == 1


def test_a_site_without_a_mail_server_tries_no_mail(db, mailoutbox):
    client = browser()
    client.post("/sign-up/", MADE | {"email": "grace@example.org"})
    client.post("/account/e-mail/", {"email": "new@example.org", "password": PASSWORD})
    client.post("/account/e-mail/again/")
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    browser().post("/password/forgotten/", {"email": "new@example.org"})
    assert User.objects.get().check_password(NEW)
    assert User.objects.get().email == "new@example.org"
    assert mailoutbox == []


# --- A forgotten password ---
def test_without_a_mail_server_the_page_says_whom_to_ask(db):
    page = text_of(browser().get("/password/forgotten/"))
    assert "This site sends no mail" in page
    assert 'class="form"' not in page


def test_a_forgotten_password_is_set_by_mail_and_ends_what_was_open(ada, mails):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    thief = browser()
    sign_in(thief)
    key = thief.post(TOKEN, {"username": "ada", "password": PASSWORD}, "application/json").json()
    bearer = {"HTTP_AUTHORIZATION": f"Token {key['token']}"}
    assert Client(**bearer).get(ME).status_code == 200

    client = browser()
    answer = client.post("/password/forgotten/", {"email": "ADA@example.org"})
    assert answer["Location"] == "/password/forgotten/sent/"
    [mail] = mails
    assert (mail.to, mail.from_email) == (["ada@example.org"], "casebook@example.org")
    assert mail.alternatives == []
    link = link_in(mail, "/password/reset/")
    assert "A new password for ada" in text_of(client.get(link))
    wrong = client.post(link, {"password1": NEW, "password2": PASSWORD})
    assert faults(wrong)["password2"]
    assert client.post(link, {"password1": NEW, "password2": NEW})["Location"] == "/sign-in/"
    assert "Your password is set" in text_of(client.get("/sign-in/"))

    assert name_of(thief) == ""
    assert Client(**bearer).get(ME).status_code == 401
    assert sign_in(browser()).status_code == 200
    assert sign_in(client, password=NEW).status_code == 302
    for visit in (
        client.get(link),
        client.post(link, {"password1": PASSWORD, "password2": PASSWORD}),
    ):
        assert visit.status_code == 404
        assert "This link does not work" in text_of(visit)
    assert mails[1].subject == "Your password for Casebook was changed"


def test_a_link_that_somebody_else_opens_signs_them_out_once_it_is_used(ada, bob, mails):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    client = browser()
    client.force_login(bob)
    client.post("/password/forgotten/", {"email": "ada@example.org"})
    link = link_in(mails[0], "/password/reset/")
    client.get(link)
    assert name_of(client) == "bob"
    client.post(link, {"password1": NEW, "password2": NEW})
    assert name_of(client) == ""


def test_one_mail_holds_a_link_for_each_account_that_names_the_address(db, mails):
    names = ["squat1", "squat2", "squat3", "squat4", "late"]
    for name in names:
        browser().post("/sign-up/", MADE | {"username": name, "email": "late@example.org"})
    mails.clear()
    browser().post("/password/forgotten/", {"email": "late@example.org"})
    [mail] = mails
    found = re.findall(
        r"^(\w+)\nhttps://casebook\.example\.org(/password/reset/\S+)$", mail.body, re.M
    )
    assert [name for name, _ in found] == names[::-1]
    assert "may be more" not in mail.body
    link = dict(found)["late"]
    assert "A new password for late" in text_of(browser().get(link))
    browser().post(link, {"password1": NEW, "password2": NEW})
    changed = [user.username for user in User.objects.all() if user.check_password(NEW)]
    assert changed == ["late"]


def test_a_mail_for_very_many_accounts_says_that_there_may_be_more(db, mails):
    for number in range(25):
        User.objects.create_user(f"u{number}", "x@example.org", PASSWORD)
    browser().post("/password/forgotten/", {"email": "x@example.org"})
    [mail] = mails
    assert mail.body.count("/password/reset/") == 20
    assert "There may be more" in mail.body


def test_an_account_whose_password_the_operator_shut_gets_no_link(db, mails):
    User.objects.create_user("shut", "shut@example.org")
    browser().post("/password/forgotten/", {"email": "shut@example.org"})
    assert "No account there has it" in mails[0].body


def test_the_page_says_the_same_of_an_address_that_nobody_has(ada, mails):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    known, unknown = (
        browser().post("/password/forgotten/", {"email": f"{name}@example.org"}, follow=True)
        for name in ("ada", "nobody")
    )
    assert known.content == unknown.content
    # As long as it takes to send one mail, either way.
    assert [mail.to[0] for mail in mails] == ["ada@example.org", "nobody@example.org"]
    assert "No account there has it" in mails[1].body


def test_neither_a_locked_account_nor_a_look_alike_of_an_address_gets_a_link(ada, bob, mails):
    User.objects.filter(pk=ada.pk).update(email="mike@example.org")
    User.objects.filter(pk=bob.pk).update(email="bob@example.org", is_active=False)
    for email in ("mıke@example.org", "bob@example.org", "%@example.org", "m_ke@example.org"):
        browser().post("/password/forgotten/", {"email": email})
    assert not [mail for mail in mails if "/password/reset/" in mail.body]


def test_a_link_leads_to_this_site_whatever_host_was_asked(ada, mails, settings):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    for host in ("localhost", "127.0.0.1:9", "evil.example"):
        browser().post("/password/forgotten/", {"email": "ada@example.org"}, HTTP_HOST=host)
        browser().post(
            "/password/forgotten/", {"email": "ada@example.org"}, HTTP_X_FORWARDED_HOST=host
        )
    assert mails
    for mail in mails:
        link_in(mail, "/password/reset/")


LINKS = [
    *("nothing", "1-", "-", "1-2-3", "zzzzzzzzzzzzzzzzzzzz-a-b", "zzzzzzzzzzzzz-a-b", "é-1-2"),
    *("1-%00-a", "1-" + "a" * 5000, "%F0%9F%98%80"),
]


@pytest.mark.parametrize("key", LINKS)
@pytest.mark.parametrize("path", ["/password/reset/", "/account/e-mail/confirm/"])
def test_an_invented_link_does_not_work(ada, path, key):
    for method in ("get", "post"):
        assert getattr(browser(), method)(f"{path}{key}/").status_code == 404


class Away(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError


def test_a_mail_server_that_is_down_is_said_and_loses_no_account(ada, mails, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    for email in ("ada@example.org", "nobody@example.org"):
        response = browser().post("/password/forgotten/", {"email": email})
        assert "The mail could not be sent" in text_of(response)
    client = browser()
    assert client.post("/sign-up/", MADE | {"email": "grace@example.org"}).status_code == 302
    client.post("/account/e-mail/again/")
    assert "The mail could not be sent" in text_of(client.get("/account/"))
    change = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/account/password/", change)["Location"] == "/account/"
