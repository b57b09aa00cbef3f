"""Public reads of the API: 304 first, then cached bytes, before session, auth and log.

The content version changes with every publish, so the ETag is known before anything is read, and
a cached answer needs no invalidation. What belongs to one person never comes through here: a
request with a cookie or a token goes on to the view and is answered `private, no-store`.
"""

import datetime
import hashlib

from django.conf import settings
from django.core.cache import caches
from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone

from rest.access import HEADER
from rest.version import content_version

PREFIX = "/api/v1/"
LARGEST_CACHED = 1_000_000
PRIVATE = "private, no-store"
# What clients accept, and the form that they are answered in. Others get an answer too, but none
# that is kept: anybody may make up any number of them.
FORMS = {
    **dict.fromkeys(("", "*/*", "application/json", "application/*"), "json"),
    **dict.fromkeys(("text/markdown", "text/*"), "text"),
    "application/atom+xml": "feed",
}


class ConditionalReads:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        # Pages may show the times of a place; the API's are those of UTC.
        with timezone.override(datetime.UTC):
            return self._answer(request)

    def _answer(self, request):
        if not is_public_read(request):
            response = self.get_response(request)
            response.setdefault("Cache-Control", PRIVATE)
            return response
        etag, asked = make_etag(request), request.headers.get("If-None-Match", "")
        # `*` means "if there is anything", which is not known before the view has looked.
        if asked.strip() != "*" and matches(asked, etag):
            return public(HttpResponseNotModified(), etag)
        if found := caches["reads"].get(etag):
            body, headers = found
            response = HttpResponse(body, headers=headers)
        else:
            response = self.get_response(request)
            if response.status_code != 200:
                return response
            # Whatever made somebody known without a cookie or a token: it is theirs alone.
            if request.user.is_authenticated:
                response["Cache-Control"] = PRIVATE
                return response
            public(response, etag)
            # A stream has no length; it is made anew each time.
            small = not response.streaming and len(response.content) <= LARGEST_CACHED
            if small and form_of(request):
                headers = {name: text for name, text in response.items() if name != HEADER}
                caches["reads"].set(etag, (response.content, headers))
        return public(HttpResponseNotModified(), etag) if asked.strip() == "*" else response


def is_public_read(request) -> bool:
    if request.method not in ("GET", "HEAD"):
        return False
    if request.META.get("HTTP_COOKIE") or request.META.get("HTTP_AUTHORIZATION"):
        return False
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return False
    rest = request.path[len(PREFIX) :]
    return not rest or rest.startswith(settings.PUBLIC_READS)


def make_etag(request) -> str:
    """A strong ETag of version, release, features, address, day, sorted query and media type."""
    query = request.META.get("QUERY_STRING", "")
    # As it came: two texts that no UTF-8 decodes would be one. And a name that is written in two
    # ways is one name, so only plain ones are sorted.
    if "%" not in query:
        query = "&".join(sorted(query.split("&"), key=_name))
    accept = form_of(request) or request.META["HTTP_ACCEPT"]
    # Links to other pages of a list are whole addresses.
    site = (request.scheme, request.META.get("HTTP_HOST", ""))
    made_by = (str(content_version()), settings.RELEASE, repr(settings.FEATURES))
    parts = (*made_by, *site, _day(request.path), request.path, query, accept)
    digest = hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f'"{digest.hexdigest()}"'


def _day(path: str) -> str:
    """The site's date, for what changes at its midnight though nothing is published then."""
    if not path.startswith(settings.READS_OF_A_DAY, len(PREFIX)):
        return ""
    return str(timezone.localdate(timezone=timezone.get_default_timezone()))


def _name(pair: str) -> str:
    """By name only: of a name that stands twice the last counts, so their order matters."""
    return pair.partition("=")[0]


def form_of(request) -> str:
    """The form of the answer, by the Accept header; an empty text where it is none of ours."""
    accept = request.META.get("HTTP_ACCEPT", "")
    if accept in FORMS:
        return FORMS[accept]
    ranges = [part.partition(";")[0].strip() for part in accept.split(",")]
    return next((FORMS[name] for name in ranges if name in FORMS), "")


def matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag (RFC 9110: by weak comparison)."""
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return any(tag in (etag, "*") for tag in tags)


def public(response, etag: str):
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = ", ".join(settings.CORS_EXPOSE_HEADERS)
    response["Vary"] = "Accept, Cookie, Authorization"
    response["X-Content-Type-Options"] = "nosniff"
    if settings.SECURE_HSTS_SECONDS:
        seconds = settings.SECURE_HSTS_SECONDS
        preload = "; preload" if settings.SECURE_HSTS_PRELOAD else ""
        response["Strict-Transport-Security"] = f"max-age={seconds}; includeSubDomains{preload}"
    return response
