"""What accounts are made of: names, addresses, passwords, tokens and links."""

import datetime
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from zeal import zeal_ignore

from learn import accounts
from tests.conftest import PASSWORD

NEW = "quite another battery staple"
DAY = datetime.timedelta(days=1)
AHEAD = datetime.timedelta(seconds=30)


@pytest.fixture(autouse=True)
def _sessions_are_asked_for_twice():
    with zeal_ignore([{"model": "sessions.Session"}, {"model": "auth.User"}]):
        yield


def link(name: str, **options) -> tuple[str, str]:
    """What the command prints, and what it says beside it."""
    out, err = StringIO(), StringIO()
    call_command("reset_link", name, stdout=out, stderr=err, **options)
    return out.getvalue().strip(), err.getvalue()


def path(address: str) -> str:
    return address.removeprefix("http://127.0.0.1:8000")


def opens(address: str) -> bool:
    return Client().get(path(address)).status_code == 200


def set_by(address: str) -> int:
    return Client().post(path(address), {"password1": NEW, "password2": NEW}).status_code


# --- The operator's link ---------------------------------------------------------------------


def test_the_operators_link_sets_a_new_password_once(ada):
    address, said = link("ada")
    assert address.startswith("http://127.0.0.1:8000/password/reset/")
    assert "24 hours and once" in said
    assert set_by(address) == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert not opens(address)
    assert set_by(address) == 404


def test_of_two_links_the_one_that_is_used_ends_the_other(ada):
    first, second = link("ada", hours=1)[0], link("ada", hours=2)[0]
    assert first != second
    assert set_by(second) == 302
    assert not opens(first)


@pytest.mark.parametrize("hours", [1, 24, 48, 720])
def test_a_link_works_as_long_as_was_said(ada, hours, monkeypatch):
    address = link("ada", hours=hours)[0]
    now = datetime.datetime.now()
    end = now + datetime.timedelta(hours=hours)
    for moment, works in ((now, True), (end - AHEAD, True), (end + AHEAD, False)):
        monkeypatch.setattr(
            "django.contrib.auth.tokens.PasswordResetTokenGenerator._now",
            lambda _self, moment=moment: moment,
        )
        assert opens(address) is works


def test_a_link_is_of_one_account(ada, bob):
    uid_of_bob = link("bob")[0].rpartition("/reset/")[2].partition("-")[0]
    of_ada = link("ada")[0].rpartition("/reset/")[2].partition("-")[2]
    assert not opens(f"/password/reset/{uid_of_bob}-{of_ada}")


def test_signing_in_ends_the_link(ada):
    address = link("ada")[0]
    assert Client().post("/sign-in/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert not opens(address)


def test_a_link_serves_somebody_who_never_had_a_password(db):
    User.objects.create_user("grace")
    assert set_by(link("grace")[0]) == 302
    assert User.objects.get(username="grace").check_password(NEW)


def test_the_link_leads_to_the_public_address(ada, settings):
    settings.SITE_ADDRESS = "https://casebook.example.org"
    assert link("ada")[0].startswith("https://casebook.example.org/password/reset/")


def test_who_may_have_no_link_is_said_in_a_sentence(ada):
    ada.is_active = False
    ada.save()
    for name, sentence in (("nobody", "Nobody is called 'nobody'."), ("Ada", "Nobody is called")):
        with pytest.raises(CommandError, match=sentence):
            link(name)
    with pytest.raises(CommandError, match="is not active"):
        link("ada")
    for hours in (0, -1, 721):
        with pytest.raises(CommandError, match="should be from 1 to 720"):
            link("ada", hours=hours)


def test_an_account_that_is_locked_after_the_link_was_made_stays_locked(ada):
    address = link("ada")[0]
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert set_by(address) == 404


def test_the_command_warns_of_what_the_link_of_staff_opens(ada, rita):
    assert "is staff" in link("rita")[1]
    assert "is staff" not in link("ada")[1]


# --- Passwords and tokens --------------------------------------------------------------------


def test_of_two_who_use_a_link_at_the_same_moment_one_sets_the_password(ada):
    first, second = User.objects.get(pk=ada.pk), User.objects.get(pk=ada.pk)
    assert accounts.set_password(first, NEW) is True
    assert accounts.set_password(second, "and one more battery staple") is False
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_a_new_password_ends_the_tokens_of_this_account_only(ada, bob):
    accounts.make_token(ada)
    row, _ = accounts.make_token(bob)
    accounts.set_password(ada, NEW)
    assert AuthToken.objects.get() == row


def test_a_password_set_in_the_admin_ends_tokens_too(client_as, admin, ada):
    accounts.make_token(ada)
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    response = client_as(admin).post(f"/admin/auth/user/{ada.pk}/password/", data)
    assert response.status_code == 302
    assert not AuthToken.objects.exists()


def asks_for(user: User, email: str) -> EmailAddress:
    """A change of a confirmed address that waits for its link to be opened."""
    User.objects.filter(pk=user.pk).update(email="ada@example.org")
    user.refresh_from_db()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return EmailAddress.objects.create(user=user, email=email)


def test_ending_sessions_or_a_new_password_drops_the_address_that_waits(ada, bob, client_as, admin):
    def in_admin(user, password):
        data = {"usable_password": "true", "password1": password, "password2": password}
        client_as(admin).post(f"/admin/auth/user/{user.pk}/password/", data)

    of_bob = EmailAddress.objects.create(user=bob, email="new@example.org")
    for end in (accounts.set_password, accounts.end_sessions, in_admin):
        EmailAddress.objects.filter(user=ada).delete()
        row = asks_for(ada, "thief@example.net")
        end(ada, NEW)
        assert list(EmailAddress.objects.filter(user=ada).values_list("email", "verified")) == [
            ("ada@example.org", True)
        ]
        # Nor does a link that was opened at the same moment bring it back.
        assert accounts.confirm(row) is False
        ada.refresh_from_db()
        assert ada.email == "ada@example.org"
        assert accounts.is_confirmed(ada)
    assert EmailAddress.objects.get(user=bob) == of_bob


def test_an_unconfirmed_address_of_ones_own_outlasts_a_new_password(ada):
    accounts.set_email(ada, "ada@example.org")
    accounts.set_password(ada, NEW)
    assert accounts.unconfirmed(ada).email == "ada@example.org"


def test_ending_sessions_never_brings_an_old_password_back(ada):
    late = User.objects.get(pk=ada.pk)
    assert accounts.set_password(ada, NEW) is True
    row = asks_for(ada, "new@example.org")
    assert accounts.end_sessions(late, PASSWORD) is False
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert EmailAddress.objects.filter(pk=row.pk).exists()


def test_making_a_token_clears_away_what_has_expired(ada, bob):
    old, _ = accounts.make_token(ada)
    other, _ = accounts.make_token(bob)
    AuthToken.objects.update(expiry=timezone.now() - DAY)
    assert list(accounts.tokens_of(ada)) == []
    new, _ = accounts.make_token(ada)
    assert set(AuthToken.objects.all()) == {new, other}
    assert list(accounts.tokens_of(ada)) == [new]
    assert accounts.revoke(ada, old.token_key) is False


# --- Addresses -------------------------------------------------------------------------------


def claimants(count: int) -> list[User]:
    return [
        User.objects.create_user(f"u{number}", "x@example.org", PASSWORD) for number in range(count)
    ]


def test_an_address_belongs_to_whoever_confirmed_it_else_to_all_who_say_so(db):
    users = claimants(5)
    assert accounts.owners_of("X@example.org") == users
    row = EmailAddress.objects.create(user=users[4], email="x@example.org", primary=True)
    assert accounts.confirm(row) is True
    assert accounts.owners_of("x@example.org") == [users[4]]
    User.objects.filter(pk=users[4].pk).update(is_active=False)
    assert accounts.owners_of("x@example.org") == users[:4]
    assert accounts.owners_of("") == []


def test_of_very_many_who_name_an_address_those_come_first_who_signed_in_last(db):
    users = claimants(30)
    for day, user in enumerate(users[25:]):
        User.objects.filter(pk=user.pk).update(last_login=timezone.now() + day * DAY)
    assert accounts.owners_of("x@example.org") == [*users[:24:-1], *users[:15]]


def test_an_account_whose_password_the_operator_shut_has_no_address_to_open_it_by(db):
    users = claimants(3)
    users[1].set_unusable_password()
    users[1].save()
    accounts.confirm(EmailAddress.objects.create(user=users[1], email="x@example.org"))
    assert accounts.owners_of("x@example.org") == [users[0], users[2]]
    assert accounts.accounts_of("x@example.org") == [users[0], users[2]]


def test_who_may_be_meant_is_one_by_name_and_a_few_by_address(db):
    users = claimants(5)
    assert accounts.accounts_of("u4") == [users[4]]
    assert accounts.accounts_of("U4") == accounts.accounts_of("nobody") == []
    assert accounts.accounts_of("x@EXAMPLE.org") == users[:3]
    accounts.confirm(EmailAddress.objects.create(user=users[4], email="x@example.org"))
    assert accounts.accounts_of("x@example.org") == [users[4], *users[:2]]
    assert accounts.accounts_of("nobody@example.org") == []


def test_two_accounts_never_confirm_one_address(ada, bob):
    rows = [
        EmailAddress.objects.create(user=user, email="x@example.org", primary=True)
        for user in (ada, bob)
    ]
    assert [accounts.confirm(row) for row in rows] == [True, False]
    assert EmailAddress.objects.get(verified=True).user == ada


def test_an_address_that_the_operator_changed_is_no_longer_confirmed(ada):
    row = EmailAddress.objects.create(user=ada, email="x@example.org", primary=True)
    accounts.confirm(row)
    User.objects.filter(pk=ada.pk).update(email="y@example.org")
    ada.refresh_from_db()
    assert accounts.is_confirmed(ada) is False
    assert accounts.owners_of("x@example.org") == []
    assert accounts.owners_of("y@example.org") == [ada]
    assert accounts.unconfirmed(ada).email == "y@example.org"


def test_deleting_an_account_frees_its_address(ada, bob):
    accounts.confirm(EmailAddress.objects.create(user=ada, email="x@example.org", primary=True))
    ada.delete()
    assert accounts.confirm(
        EmailAddress.objects.create(user=bob, email="x@example.org", primary=True)
    )
