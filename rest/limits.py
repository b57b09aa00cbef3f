"""Limits count what costs. Each is a setting from the environment; `off` switches one off."""

import datetime
import hashlib
import hmac
import math

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.shortcuts import render
from django.utils import timezone

from rest.models import Tries
from rest.proxies import address_of

WINDOWS = {60: "a minute", 3600: "an hour"}


class LimitExceeded(Exception):
    """A limit is used up. `wait` says in seconds when to try again; `headers` what to answer."""

    def __init__(self, detail: str, *, wait: float, headers: dict[str, str] | None = None):
        self.wait = max(1, round(wait + 0.5))
        self.headers = {"Retry-After": str(self.wait)} | (headers or {})
        super().__init__(detail)


class LimitsOnPages:
    """Answers a page on which a limit is exceeded; the API's views do so themselves."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, LimitExceeded):
            return None
        response = render(request, "429.html", {"seconds": exception.wait}, status=429)
        response["Retry-After"] = exception.wait
        return response


def limit(name: str) -> float | None:
    """The limit of this name, or None where it is off."""
    value = settings.LIMITS[name]
    return None if value == "off" else float(value)


def client_of(request) -> str:
    """A name for an anonymous client: its address, hashed with the secret key."""
    return hashed(address_of(request))[:32]


def rate_limit_fields(name: str, quota: float, window: int, left: float) -> dict[str, str]:
    """The RateLimit fields (IETF draft-ietf-httpapi-ratelimit-headers)."""
    return {
        "RateLimit-Policy": f'"{name}";q={quota:g};w={window}',
        "RateLimit": f'"{name}";r={max(0, int(left))};t={window}',
    }


def count_try(name: str, key: str, window: int = 60) -> dict[str, str]:
    """Count one try of `key` under the limit `name`; the RateLimit fields of the answer.

    Raises LimitExceeded past the limit, which is of so many seconds as `window` has.

    Of tries at the same moment, in any number of processes, no more pass than the limit allows.
    """
    allowed = limit(name)
    if allowed is None:
        return {}
    now = timezone.now()
    until = now + datetime.timedelta(seconds=window)
    hashed_key = hashed(f"{name} {key}")
    Tries.objects.bulk_create([Tries(key=hashed_key, until=until)], ignore_conflicts=True)
    row = Tries.objects.filter(key=hashed_key)
    row.filter(until__lte=now).update(until=until, count=0)
    passed = row.filter(count__lt=math.floor(allowed)).update(count=F("count") + 1)
    count, end = row.values_list("count", "until").first() or (0, now)
    if not passed:
        time = WINDOWS.get(window, f"{window} seconds")
        raise LimitExceeded(
            f"More than {allowed:g} tries {time}; wait and try again.",
            wait=(end - now).total_seconds(),
            headers=rate_limit_fields(name, allowed, window, 0),
        )
    return rate_limit_fields(name, allowed, window, allowed - count)


def give_try_back(name: str, key: str) -> None:
    """Of a try that was counted and turned out to be none, such as a sign-in that was right."""
    row = Tries.objects.filter(key=hashed(f"{name} {key}"), count__gt=0)
    row.update(count=F("count") - 1)


def one_at_a_time(name: str) -> None:
    """Hold a lock of this name until the transaction ends; on SQLite, every transaction does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


def forget_tries() -> int:
    """Delete the counts whose time is over; how many there were."""
    return Tries.objects.filter(until__lte=timezone.now()).delete()[0]


def hashed(text: str) -> str:
    """Neither names nor addresses are kept as they are."""
    message = text.encode("utf-8", "replace")
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()
