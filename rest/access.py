"""One line in the log for each request, and a name by which everything about it is found.

The name is answered as X-Request-ID, stands in every line that is logged meanwhile, in the answer
to a request that failed, and in the job that the request made; the worker logs it too.
"""

import logging
import re
import secrets
import time

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bound_contextvars, get_contextvars

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST_PATH = 500
# What follows here is the key of a link, also where it lacks its last slash or has one too many.
SECRETS = re.compile(r"(/password/reset/|/account/e-mail/confirm/).+?(/?)$", re.I | re.S)

logger = logging.getLogger(__name__)


def current_request_id() -> str:
    """The id of the request that this thread answers; empty where it answers none."""
    return get_contextvars().get("request_id", "")


class AccessLog:
    """Names each request, by the client's own name for it where that is short and plain."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        begun = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if GIVEN.fullmatch(given) else secrets.token_hex(16)
        with bound_contextvars(request_id=name):
            response = self.get_response(request)
            response[HEADER] = name
            line = {
                "method": request.method,
                "path": _path(request),
                "status": response.status_code,
                "milliseconds": round(1000 * (time.perf_counter() - begun), 2),
                "user": _user_id(request),
            }
            logger.info("Answered.", extra=line)
        return response


def _path(request) -> str:
    """Without the query, and without the key of a link."""
    return SECRETS.sub(r"\1…\2", request.path)[:LONGEST_PATH]


def _user_id(request) -> int | None:
    """Who is signed in, if any part of the answer asked; looking costs no query here."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)
