"""An account is deleted by the API, by its page and in the admin, each time in the same way."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from compute import uploads
from compute.models import Job
from learn import progress
from learn.deletion import NOBODY, delete_account
from learn.models import TopicProgress
from tests.belongings import (
    SECRET,
    gone,
    where,
)
from tests.conftest import PASSWORD

ME = "/api/v1/me/"
PAGE = "/account/data/"
USERS = "/admin/auth/user/"
pytestmark = pytest.mark.usefixtures(
    "shipped", "media", "two_accounts_in_one_request", "types_are_not_known_yet"
)


# --- By the API -----------------------------------------------------------------------------------


def test_a_token_deletes_the_account_once(ada):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user=ada)[1]}")
    response = client.delete(ME)
    assert (response.status_code, response.content) == (204, b"")
    assert gone(ada)
    assert client.delete(ME).status_code == 401
    assert client.get(ME).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_the_account_is_deleted_is_refused_as_of_nobody(monkeypatch, ada):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user=ada)[1]}")
    put_topic = progress.put_topic

    def put_late(user, *args, **kwargs):
        delete_account(user)
        return put_topic(user, *args, **kwargs)

    monkeypatch.setattr(progress, "put_topic", put_late)
    address = "/api/v1/me/topics/bayesian-inference/"
    response = client.put(address, {"done": True}, format="json")
    assert response.status_code == 401
    assert response.json()["detail"] == "The account was deleted while this was asked."
    assert not TopicProgress.objects.exists()


def test_a_session_deletes_the_account_and_ends(ada):
    browser = Client()
    browser.force_login(ada)
    response = browser.delete(ME)
    assert response.status_code == 204
    assert response.cookies["sessionid"].value == ""
    assert gone(ada)
    assert not Session.objects.exists()


def test_a_token_of_one_leaves_the_session_of_another_alone(ada, bob):
    browser = Client()
    browser.force_login(bob)
    key = AuthToken.objects.create(user=ada)[1]
    assert browser.delete(ME, headers={"Authorization": f"Token {key}"}).status_code == 204
    assert gone(ada)
    assert browser.get(ME).json()["username"] == "bob"


def test_a_session_needs_its_csrf_token(ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.delete(ME).status_code == 403
    assert not gone(ada)


def test_a_stranger_deletes_nobody(api, ada):
    assert api.delete(ME).status_code == 401
    assert not gone(ada)


def test_it_takes_no_parameters(api_as, ada):
    assert api_as(ada).delete(f"{ME}?user=bob").status_code == 400
    assert not gone(ada)


# --- By the page ----------------------------------------------------------------------------------


def test_the_page_says_what_there_is(things, client_as):
    html = client_as(things.owner).get(PAGE).content.decode()
    assert "1 submission, 1 revealed hint, 3 jobs, 1 dataset" in html
    assert 'href="/api/v1/me/export/"' in html
    assert SECRET not in html


def test_the_page_of_somebody_new_says_that_there_is_nothing(ada, client_as):
    response = client_as(ada).get(PAGE)
    assert "nothing of you but the account itself" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_the_password_deletes_the_account(things, client_as):
    client = client_as(things.owner)
    response = client.post(PAGE, {"confirmation": PASSWORD})
    assert response["Location"] == "/account/deleted/"
    assert gone(things.owner)
    assert "sessionid" not in client.cookies or not client.cookies["sessionid"].value
    assert "nobody is signed in" in client.get("/account/deleted/").content.decode()
    assert client.get(PAGE)["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("given", ["", "ada", "wrong", PASSWORD.upper(), f" {PASSWORD}"])
def test_anything_else_deletes_nothing(ada, client_as, given):
    response = client_as(ada).post(PAGE, {"confirmation": given})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not gone(ada)


def test_guesses_are_counted_as_tries_to_sign_in(ada, client_as, settings):
    settings.LIMITS = settings.LIMITS | {"token": "3"}
    client = client_as(ada)
    answers = [client.post(PAGE, {"confirmation": "wrong"}).status_code for _ in range(4)]
    assert answers == [422, 422, 422, 429]
    assert client.post(PAGE, {"confirmation": PASSWORD}).status_code == 429
    assert not gone(ada)


def test_an_account_without_a_password_is_confirmed_by_its_name(ada, client_as):
    ada.set_unusable_password()
    ada.save()
    client = client_as(ada)
    assert "Your name, ada, to confirm" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"confirmation": "bob"}).status_code == 422
    assert client.post(PAGE, {"confirmation": "ada"}).status_code == 302
    assert gone(ada)


def test_the_last_superuser_reads_why_not_and_stays_signed_in(admin, client_as):
    client = client_as(admin)
    response = client.post(PAGE, {"confirmation": PASSWORD})
    assert response.status_code == 409
    assert "Make another account a superuser first." in response.content.decode()
    assert client.get(PAGE).status_code == 200


def test_the_form_needs_its_csrf_token(ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.post(PAGE, {"confirmation": PASSWORD}).status_code == 403
    assert not gone(ada)


def test_a_stranger_is_asked_to_sign_in(client, db):
    for response in (client.get(PAGE), client.post(PAGE, {"confirmation": "x"})):
        assert response["Location"] == f"/sign-in/?next={PAGE}"


# --- By the admin ---------------------------------------------------------------------------------


def delete_selected(client, *users):
    data = {"action": "delete_selected", "_selected_action": [user.pk for user in users]}
    return client.post(USERS, data | {"post": "yes"})


def test_the_admin_deletes_an_account_the_same_way(
    things, admin, client_as, django_capture_on_commit_callbacks
):
    client = client_as(admin)
    page = client.get(f"{USERS}{things.owner.pk}/delete/")
    assert page.status_code == 200
    assert "accounts, with all that is theirs" in page.content.decode().lower()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{USERS}{things.owner.pk}/delete/", {"post": "yes"})
    assert response["Location"] == USERS
    assert gone(things.owner)
    assert where(SECRET) == []
    assert not uploads.path_of(things.dataset.pk).exists()
    assert Job.objects.get().label is None


def test_the_admin_deletes_several_accounts_the_same_way(things, bob, admin, client_as):
    assert delete_selected(client_as(admin), things.owner, bob).status_code == 302
    assert gone(things.owner)
    assert gone(bob)
    assert where(SECRET) == []


def test_the_log_tells_who_deleted_and_not_whom(ada, admin, client_as):
    client_as(admin).post(f"{USERS}{ada.pk}/delete/", {"post": "yes"})
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (admin, str(ada.pk), NOBODY)


def test_the_admin_does_not_delete_the_last_superusers(admin, client_as):
    second = User.objects.create_superuser("second")
    client = client_as(admin)
    response = delete_selected(client, admin, second)
    assert "Make another account a superuser first." in response.content.decode()
    assert not gone(admin)
    assert not gone(second)
    client.post(f"{USERS}{second.pk}/delete/", {"post": "yes"})
    assert gone(second)
    page = client.post(f"{USERS}{admin.pk}/delete/", {"post": "yes"})
    assert "Make another account a superuser first." in page.content.decode()
    assert not gone(admin)
    assert LogEntry.objects.count() == 1


def test_an_operator_deletes_nobody(ada, oscar, client_as):
    client = client_as(oscar)
    assert client.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    delete_selected(client, ada)
    assert not gone(ada)


def test_who_stands_for_the_deleted_is_not_deleted(things, admin, client_as):
    delete_account(things.owner)
    nobody = User.objects.get(username=NOBODY)
    client = client_as(admin)
    assert client.post(f"{USERS}{nobody.pk}/delete/", {"post": "yes"}).status_code == 403
    delete_selected(client, nobody)
    assert not gone(nobody)


def test_the_first_administrator_is_made_anew_only_where_there_is_none(ada, admin, tmp_path):
    """Deleting accounts never makes the next start believe that it is the first."""
    delete_account(ada)
    call_command("make_admin")
    assert User.objects.filter(is_superuser=True).get() == admin
