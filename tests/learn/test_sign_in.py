"""How often one may try to sign in: one count for pages, admin and API."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from learn.housekeeping import delete_expired_sessions_and_tokens, delete_old_tries
from rest.models import Tries
from tests.conftest import PASSWORD

HOME = "192.0.2.7"


def by_page(name: str, password: str, address: str = HOME) -> int:
    data = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/sign-in/", data).status_code


def by_admin(name: str, password: str, address: str = HOME) -> int:
    data = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/admin/login/", data).status_code


def by_api(name: str, password: str, address: str = HOME) -> int:
    data = {"username": name, "password": password}
    client = Client(REMOTE_ADDR=address)
    return client.post("/api/v1/auth/token/", data, content_type="application/json").status_code


DOORS = {by_page: (302, 200), by_admin: (302, 200), by_api: (200, 401)}


@pytest.mark.parametrize("door", DOORS)
def test_the_eleventh_try_is_refused_at_every_door(rita, door):
    right, wrong = DOORS[door]
    assert [door("rita", "wrong") for _ in range(11)] == [wrong] * 10 + [429]
    # The right password does not help before the minute is over.
    assert door("rita", PASSWORD) == 429
    assert door("rita", PASSWORD, "198.51.100.1") == right


def test_the_doors_share_one_count(rita):
    answers = [door("rita", "wrong") for door in list(DOORS) * 4]
    assert answers[:10].count(429) == 0
    assert answers[10:] == [429, 429]


def test_a_page_says_in_words_how_long_to_wait(ada):
    for _ in range(10):
        by_page("ada", "wrong")
    data = {"username": "ada", "password": "wrong"}
    response = Client(REMOTE_ADDR=HOME).post("/sign-in/", data)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 61
    assert f"Wait {response['Retry-After']} second" in response.content.decode()


def test_emptying_the_cache_gives_nobody_more_tries(ada):
    for _ in range(10):
        by_api("ada", "wrong")
    for cache in caches.all():
        cache.clear()
    assert by_api("ada", "wrong") == 429


def test_hundreds_of_other_names_push_no_count_out(ada, settings):
    settings.LIMITS = settings.LIMITS | {"token_address": "off"}
    for _ in range(10):
        by_api("ada", "wrong")
    for number in range(320):
        by_api(f"nobody{number}", "wrong")
    assert by_api("ada", "wrong") == 429


def test_one_address_cannot_try_any_number_of_names(ada, settings):
    settings.LIMITS = settings.LIMITS | {"token_address": "20"}
    answers = [by_api(f"name{number}", "wrong") for number in range(22)]
    assert answers == [401] * 20 + [429] * 2
    assert by_page("ada", PASSWORD) == 429
    assert by_page("ada", PASSWORD, "198.51.100.1") == 302


def test_forty_learners_behind_one_address_lock_nobody_out(db):
    names = [f"learner{number}" for number in range(40)]
    for name in names:
        User.objects.create_user(name, password=PASSWORD)
    for name in names[::4]:
        assert [by_page(name, "mistyped") for _ in range(3)] == [200] * 3
    assert [by_page(name, PASSWORD) for name in names] == [302] * 40


def test_forty_learners_behind_one_address_sign_in_by_the_api_too(db):
    names = [f"learner{number}" for number in range(40)]
    for name in names:
        User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    for name in names[::4]:
        assert [by_api(name, "mistyped") for _ in range(3)] == [401] * 3
        assert by_page(f"{name}@example.org", "mistyped") == 200
    assert [by_api(name, PASSWORD) for name in names] == [200] * 40
    assert [by_page(f"{name}@example.org", PASSWORD) for name in names] == [302] * 40


def test_nobody_locks_an_account_from_elsewhere(ada):
    for number in range(1, 60):
        by_page("ada", "wrong", f"198.51.100.{number % 9}")
    assert by_page("ada", PASSWORD) == 302
    assert by_api("ada", PASSWORD) == 200


@pytest.mark.parametrize("door", DOORS)
def test_an_address_is_a_name_at_every_door(rita, door):
    User.objects.filter(pk=rita.pk).update(email="Rita@Example.org")
    right, wrong = DOORS[door]
    assert door("rita@EXAMPLE.org", PASSWORD) == right
    assert door("rita@example.org", "wrong") == wrong
    assert door("rıta@example.org", PASSWORD) == wrong


def test_letters_that_some_database_takes_for_others_make_no_more_tries(ada):
    User.objects.create_user("sam", password=PASSWORD)
    for name in ("sam", "SAM", "ſam", "Sam", "sAm") * 2:
        by_api(name, "wrong")
    assert by_api("sam", PASSWORD) == 429


class Counted(MD5PasswordHasher):
    hashed = 0

    def encode(self, password, salt):
        Counted.hashed += 1
        return super().encode(password, salt)


def test_it_takes_as_long_for_a_name_that_nobody_has(settings, ada):
    settings.PASSWORD_HASHERS = [f"{__name__}.Counted"]
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    User.objects.create_user("bob", "two@example.org", PASSWORD)
    User.objects.create_user("bert", "two@example.org", PASSWORD)
    for number in range(5):
        User.objects.create_user(f"u{number}", "many@example.org", PASSWORD)
    for name, hashed in (
        *(("ada", 1), ("nobody", 1), ("ada@example.org", 3), ("nobody@example.org", 3)),
        *(("two@example.org", 3), ("many@example.org", 3)),
    ):
        Counted.hashed = 0
        assert by_page(name, "wrong") == 200
        assert Counted.hashed == hashed


def test_of_several_with_one_address_the_one_that_has_the_password_comes_in(settings, db):
    settings.PASSWORD_HASHERS = [f"{__name__}.Counted"]
    passwords = {"grace": "one battery staple", "mallory": "two battery staples"}
    for name, password in passwords.items():
        User.objects.create_user(name, "grace@example.org", password)
    User.objects.create_user("shut", "grace@example.org", PASSWORD, is_active=False)
    for name, password in passwords.items():
        Counted.hashed = 0
        assert authenticate(None, username="grace@example.org", password=password).username == name
        assert Counted.hashed == 3
    assert authenticate(None, username="grace@example.org", password=PASSWORD) is None


def test_naming_an_address_tells_nobody_whether_it_was_known_or_confirmed(ada):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    EmailAddress.objects.create(user=ada, email="ada@example.org", primary=True, verified=True)
    for number, email in enumerate(("ada@example.org", "free@example.org")):
        User.objects.create_user(f"mallory{number}", email, "two battery staples")
        assert by_api(email, "two battery staples") == 200
    assert by_api("ada@example.org", PASSWORD) == 200


@pytest.mark.parametrize("door", DOORS)
def test_signing_in_rightly_uses_up_no_tries(rita, door):
    right, wrong = DOORS[door]
    assert [door("rita", PASSWORD) for _ in range(15)] == [right] * 15
    assert set(Tries.objects.values_list("count", flat=True)) == {0}
    assert [door("rita", "wrong") for _ in range(11)] == [wrong] * 10 + [429]


def test_an_account_of_ones_own_pays_for_no_guesses(ada, bob, settings):
    settings.LIMITS = settings.LIMITS | {"token_address": "15"}
    for _ in range(10):
        assert by_api("ada", "wrong") == 401
        assert by_api("bob", PASSWORD) == 200
    assert by_api("ada", "wrong") == 429
    # Nor of the address: of its fifteen, eleven are gone.
    answers = [by_api(f"nobody{number}", "wrong") for number in range(5)]
    assert answers == [401] * 4 + [429]
    assert by_api("bob", PASSWORD) == 429


def test_an_ipv6_network_is_one_address(ada):
    for number in range(10):
        by_api("ada", "wrong", f"2001:db8:1:2::{number:x}")
    assert by_api("ada", PASSWORD, "2001:db8:1:2:ffff::1") == 429
    assert by_api("ada", PASSWORD, "2001:db8:1:3::1") == 200


def test_counts_hold_neither_names_nor_addresses(ada):
    by_api("ada", "wrong")
    kept = [row.key for row in Tries.objects.all()]
    assert len(kept) == 2
    # Nothing but hashes: in which three letters of a name may stand by chance.
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in kept)


def test_what_signing_in_leaves_behind_is_cleared_away(ada):
    past, future = (timezone.now() + datetime.timedelta(hours=hours) for hours in (-1, 1))
    for number, until in enumerate((past, future)):
        Tries.objects.create(key=str(number), until=until)
        Session.objects.create(session_key=str(number), session_data="", expire_date=until)
    AuthToken.objects.create(user=ada, expiry=datetime.timedelta(hours=-1))
    AuthToken.objects.create(user=ada, expiry=datetime.timedelta(hours=1))
    delete_old_tries()
    delete_expired_sessions_and_tokens()
    assert [row.key for row in Tries.objects.all()] == ["1"]
    assert [row.session_key for row in Session.objects.all()] == ["1"]
    assert AuthToken.objects.count() == 1
