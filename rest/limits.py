"""Limits count what costs. Each is a setting from the environment; `off` switches one off."""

import hashlib
import hmac
import threading
import time

from django.conf import settings
from django.core.cache import cache
from rest_framework import exceptions

from rest.proxies import address_of

# The cache in files reads and writes in two steps.
_counting = threading.Lock()


class LimitExceeded(exceptions.APIException):
    """429, with when to try again and the RateLimit fields."""

    status_code = 429
    default_code = "limit-exceeded"

    def __init__(self, detail: str, *, wait: float, headers: dict[str, str] | None = None):
        self.wait = max(1, round(wait + 0.5))
        self.headers = headers or {}
        super().__init__(detail)


def limit(name: str) -> float | None:
    """The limit of this name, or None where it is off."""
    value = settings.LIMITS[name]
    return None if value == "off" else float(value)


def client_of(request) -> str:
    """A name for an anonymous client: its address, hashed with the secret key."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, address_of(request).encode(), hashlib.sha256).hexdigest()[:32]


def rate_limit_fields(name: str, quota: float, window: int, left: float) -> dict[str, str]:
    """The RateLimit fields (IETF draft-ietf-httpapi-ratelimit-headers)."""
    return {
        "RateLimit-Policy": f'"{name}";q={quota:g};w={window}',
        "RateLimit": f'"{name}";r={max(0, int(left))};t={window}',
    }


def count_try(name: str, key: str, window: int = 60) -> None:
    """Count one try of `key` under the limit `name`. Raises LimitExceeded past it."""
    allowed = limit(name)
    if allowed is None:
        return
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    base, now = f"limit:{name}:{digest}", time.time()
    with _counting:
        # The window is part of the counter's name: the cache in files forgets the time that is
        # left when it counts up.
        cache.add(f"{base}:since", now, window)
        since = cache.get(f"{base}:since", now)
        counter = f"{base}:{since}"
        cache.add(counter, 0, window)
        try:
            tries = cache.incr(counter)
        except ValueError:
            # It expired between the two calls.
            tries = 1
    if tries > allowed:
        raise LimitExceeded(
            f"More than {allowed:g} tries a minute; wait and try again.",
            wait=since + window - now,
            headers=rate_limit_fields(name, allowed, window, 0),
        )
