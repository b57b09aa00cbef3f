"""Tokens: signing in, using one, signing out, and how often one may try."""

import datetime
import time

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from knox.models import AuthToken
from rest_framework.test import APIClient

from rest.limits import LimitExceeded, count_try
from tests.conftest import PASSWORD

TOKEN, ME = "/api/v1/auth/token/", "/api/v1/me/"


def sign_in(client, name="ada", password=PASSWORD, **extra):
    return client.post(TOKEN, {"username": name, "password": password}, format="json", **extra)


def bearer(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


@pytest.fixture
def key(api, ada):
    return sign_in(api).json()["token"]


def test_signing_in_gives_a_token_and_when_it_ends(api, ada, settings):
    response = sign_in(api)
    assert response.status_code == 200
    assert set(response.json()) == {"token", "expires_at"}
    left = parse_datetime(response.json()["expires_at"]) - timezone.now()
    assert abs(left - datetime.timedelta(days=settings.TOKEN_DAYS)) < datetime.timedelta(minutes=1)
    assert response["Cache-Control"] == "private, no-store"


def test_a_token_stands_for_its_owner(key):
    assert bearer(key).get(ME).json()["username"] == "ada"
    assert set(bearer(key).get(ME).json()) == {"username", "is_staff", "joined_at"}


def test_tokens_are_stored_hashed(key):
    row = AuthToken.objects.values().get()
    assert not [value for value in row.values() if key in str(value)]


def test_signing_out_revokes_the_token_it_is_sent_with_and_no_other(api, key):
    other = sign_in(api).json()["token"]
    response = bearer(key).delete(TOKEN)
    assert (response.status_code, response.content) == (204, b"")
    assert bearer(key).get(ME).status_code == 401
    assert bearer(other).get(ME).status_code == 200
    assert bearer(key).delete(TOKEN).status_code == 401


def test_signing_out_needs_a_token(api, client, ada):
    assert api.delete(TOKEN).status_code == 401
    client.force_login(ada)
    assert client.delete(TOKEN).status_code == 401


def test_a_token_that_has_expired_no_longer_works_and_goes_with_the_next_sign_in(api, key):
    AuthToken.objects.update(expiry=timezone.now() - datetime.timedelta(seconds=1))
    response = bearer(key).get(ME)
    assert response.status_code == 401
    # A read changes nothing.
    assert AuthToken.objects.count() == 1
    sign_in(api)
    assert AuthToken.objects.filter(expiry__lt=timezone.now()).count() == 0


def test_a_token_of_somebody_who_was_locked_out_no_longer_works(api, key, ada):
    ada.is_active = False
    ada.save()
    assert bearer(key).get(ME).status_code == 401
    assert sign_in(api).status_code == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong"),
        ("nobody", PASSWORD),
        ("ada", PASSWORD + " "),
        ("ADA", PASSWORD),
        ("ada", "é"),
    ],
)
def test_a_wrong_name_or_password_is_a_401_that_tells_nothing_more(api, ada, name, password):
    response = sign_in(api, name, password)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "The user name or the password is not right."
    assert not AuthToken.objects.exists()


def test_a_stale_token_or_cookie_does_not_stand_in_the_way_of_signing_in(ada, client):
    assert sign_in(bearer("stale")).status_code == 200
    client.force_login(ada)
    response = client.post(
        TOKEN, {"username": "ada", "password": PASSWORD}, content_type="application/json"
    )
    assert response.status_code == 200


@pytest.mark.parametrize("body", [{}, {"username": "ada"}, {"username": "", "password": ""}])
def test_what_is_missing_is_named(api, body):
    response = api.post(TOKEN, body, format="json")
    assert response.status_code == 422
    assert "/password" in {error["pointer"] for error in response.json()["errors"]}


def test_the_eleventh_try_within_a_minute_waits(api, ada):
    answers = [sign_in(api, password="wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    last = answers[-1]
    assert 1 <= int(last["Retry-After"]) <= 61
    assert last["RateLimit-Policy"] == '"token";q=10;w=60'
    assert last["RateLimit"].startswith('"token";r=0')
    assert last["Content-Type"] == "application/problem+json"
    # The right password does not help before the minute is over.
    assert sign_in(api).status_code == 429


def test_tries_are_counted_by_name_and_address_together(api, ada, bob):
    for _ in range(11):
        sign_in(api, password="wrong")
    assert sign_in(api, "bob").status_code == 200
    assert sign_in(api, REMOTE_ADDR="10.0.0.7").status_code == 200


def test_the_case_of_a_name_makes_no_other_name_of_it(api, ada):
    for name in ("ada", "Ada", "ADA", "aDa", "adA") * 2:
        sign_in(api, name, "wrong")
    assert sign_in(api).status_code == 429


def test_forty_learners_behind_one_address_are_not_locked_out(api, django_user_model):
    names = [f"learner{number}" for number in range(40)]
    for name in names:
        django_user_model.objects.create_user(name, password=PASSWORD)
    assert [sign_in(api, name).status_code for name in names for _twice in range(2)] == [200] * 80


def test_the_limit_is_a_setting_and_can_be_switched_off(api, ada, settings):
    settings.LIMITS = settings.LIMITS | {"token": "2"}
    wrong = [sign_in(api, password="wrong").status_code for _ in range(3)]
    assert wrong == [401, 401, 429]
    settings.LIMITS = settings.LIMITS | {"token": "off"}
    assert [sign_in(api).status_code for _ in range(3)] == [200] * 3


def test_a_minute_later_the_count_begins_anew(db, settings):
    settings.LIMITS = settings.LIMITS | {"token": "1"}
    count_try("token", "ada", window=1)
    with pytest.raises(LimitExceeded) as caught:
        count_try("token", "ada", window=1)
    assert caught.value.wait <= 2
    time.sleep(1.1)
    count_try("token", "ada", window=1)
