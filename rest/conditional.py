"""Public reads of the API: 304 first, then cached bytes, before session, auth and log.

The content version changes with every publish, so the ETag is known before anything is read, and
a cached answer needs no invalidation. What belongs to one person never comes through here: a
request with a cookie or a token goes on to the view and is answered `private, no-store`.
"""

import hashlib
from operator import itemgetter
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse, HttpResponseNotModified

PREFIX = "/api/v1/"
# The first path words under which everything is public and changes only by publishing.
PUBLIC = {
    *("case-studies", "companies", "techniques", "study-plans", "topics", "problems", "search"),
    "",
}
PUBLIC_PATHS = ("compute/kinds/",)
LARGEST_CACHED = 1_000_000
KEPT_SECONDS = 3600
PRIVATE = "private, no-store"


class ConditionalReads:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        if not is_public_read(request):
            response = self.get_response(request)
            response.setdefault("Cache-Control", PRIVATE)
            return response
        etag, asked = make_etag(request), request.headers.get("If-None-Match", "")
        # `*` means "if there is anything", which is not known before the view has looked.
        if asked.strip() != "*" and matches(asked, etag):
            return public(HttpResponseNotModified(), etag)
        cache = caches["reads"]
        if found := cache.get(etag):
            body, content_type = found
            response = HttpResponse(body, content_type=content_type)
        else:
            response = self.get_response(request)
            if response.status_code != 200 or response.streaming:
                return response
            # Whatever made somebody known without a cookie or a token: it is theirs alone.
            if request.user.is_authenticated:
                response["Cache-Control"] = PRIVATE
                return response
            if len(response.content) <= LARGEST_CACHED:
                cache.set(etag, (response.content, response["Content-Type"]), KEPT_SECONDS)
        return public(HttpResponseNotModified() if asked.strip() == "*" else response, etag)


def is_public_read(request) -> bool:
    if request.method not in ("GET", "HEAD"):
        return False
    if request.META.get("HTTP_COOKIE") or request.META.get("HTTP_AUTHORIZATION"):
        return False
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return False
    rest = request.path[len(PREFIX) :]
    return rest.partition("/")[0] in PUBLIC or rest.startswith(PUBLIC_PATHS)


def make_etag(request) -> str:
    """A strong ETag of version, release, address, sorted query and media type."""
    # By name only: of a name that stands twice the last counts, so their order matters.
    pairs = sorted(parse_qsl(request.META.get("QUERY_STRING", ""), True), key=itemgetter(0))
    query = urlencode(pairs)
    accept = request.META.get("HTTP_ACCEPT", "")
    # Links to other pages of a list are whole addresses.
    site = (request.scheme, request.META.get("HTTP_HOST", ""))
    parts = (str(_version()), settings.RELEASE, *site, request.path, query, accept)
    digest = hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f'"{digest.hexdigest()}"'


def _version() -> int:
    # Plain SQL: the ORM's part of this request would cost as much as all the rest of it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM rest_contentversion WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


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
        response["Strict-Transport-Security"] = f"max-age={seconds}; includeSubDomains; preload"
    return response
