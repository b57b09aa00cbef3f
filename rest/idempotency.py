"""`Idempotency-Key`: work that is asked for twice is begun once.

(IETF draft-ietf-httpapi-idempotency-key-header.) The row of a key is made in the transaction that
makes what it names, so its unique constraint decides between requests of the same moment, in any
number of processes: the second waits for the first to commit and answers the same thing. A first
request that is refused leaves nothing behind, and the client may correct it and use the key again.
"""

import datetime
import json
import re
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter

from rest.errors import Refused
from rest.limits import client_of, hashed
from rest.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEPT = datetime.timedelta(hours=24)
# An answer from the cache costs no limit, but its key takes room: past so many the oldest go.
MOST_KEPT = 1_000_000

# Bare, or a string of RFC 8941 in double quotes; in both 1 to 255 printable ASCII characters.
BARE = r"[!#-~](?:[ -~]{0,253}[!-~])?"
QUOTED = r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"'
KEY = re.compile(f"{QUOTED}|{BARE}")
ESCAPED = re.compile(r'\\(["\\])')

# What the operations of the schema that take a key say about it.
PARAMETERS = [
    OpenApiParameter(
        HEADER,
        {"type": "string", "pattern": f"^(?:{QUOTED}|{BARE})$"},
        OpenApiParameter.HEADER,
        description=(
            "A name that you give this request, such as a UUID: 1 to 255 printable ASCII"
            " characters, bare or in double quotes. Sent again with the same body within 24 hours"
            " it answers the first object as it then stands, at no cost; with another body it is"
            " a 422. A request that was refused does not use its key up."
        ),
    ),
    OpenApiParameter(
        "Idempotency-Replayed",
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        response=[200, 201, 202],
        description="Where an earlier request with this `Idempotency-Key` made the object.",
    ),
]

Made = TypeVar("Made", bound=models.Model)
Headers = dict[str, str]


class _Taken(Exception):
    """Another request has made the row of this key since we looked."""


def once(
    request,
    body: object,
    existing: models.QuerySet[Made],
    make: Callable[[], tuple[Made, Headers]],
) -> tuple[Made, Headers]:
    """What `make` makes, with the headers of its answer; or what the same request made earlier.

    Without the header it is `make()`, and nothing else. `body` is what has to be the same, as JSON
    data; of `existing` is the object that is answered again, with a UUID as its primary key.
    `make` runs in a transaction: what takes long, and writes nothing, belongs before it. Raises
    Refused: 400 for a key that is none, 422 for one that was used with another body.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return make()
    key = hashed("\n".join((_caller(request), request.method, request.path, _parse(given))))
    digest = hashed(_canonical(body))
    while True:
        earlier = IdempotencyKey.objects.filter(key=key).first()
        found = _first(earlier, existing)
        if found is not None:
            if earlier.body != digest:
                raise _refused(
                    422,
                    "key-reused",
                    "This key was used with another body; take a new key for a new request.",
                )
            return found, {"Idempotency-Replayed": "true"}
        try:
            return _make(key, digest, earlier, make)
        except _Taken:
            continue


def forget_keys() -> None:
    """Delete the keys whose time is over, and the oldest where there are too many."""
    IdempotencyKey.objects.filter(until__lte=timezone.now()).delete()
    newest_first = IdempotencyKey.objects.order_by("-until").values_list("until", flat=True)
    for until in newest_first[MOST_KEPT : MOST_KEPT + 1]:
        IdempotencyKey.objects.filter(until__lte=until).delete()


def _first(earlier: IdempotencyKey | None, existing: models.QuerySet[Made]) -> Made | None:
    """What the first request made; None where it is gone, or its key has had its time."""
    if earlier is None or earlier.until <= timezone.now():
        return None
    return existing.filter(pk=earlier.made).first()


def _make(
    key: str,
    digest: str,
    earlier: IdempotencyKey | None,
    make: Callable[[], tuple[Made, Headers]],
) -> tuple[Made, Headers]:
    with transaction.atomic():
        if earlier is not None:
            # This row, and not one that another request has put in its place.
            IdempotencyKey.objects.filter(pk=earlier.pk).delete()
        try:
            row = IdempotencyKey.objects.create(key=key, body=digest, until=timezone.now() + KEPT)
        except IntegrityError:
            raise _Taken from None
        made, headers = make()
        IdempotencyKey.objects.filter(pk=row.pk).update(made=made.pk)
    return made, headers


def _caller(request) -> str:
    """The same key of somebody else is another key."""
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"client {client_of(request)}"


def _parse(text: str) -> str:
    """The key in the header."""
    found = KEY.fullmatch(text.strip(" \t"))
    if found is None:
        raise _refused(
            400,
            "invalid-key",
            f"{HEADER} should be 1 to 255 printable ASCII characters, such as a UUID, bare or in"
            " double quotes.",
        )
    return found[0] if found[1] is None else ESCAPED.sub(r"\1", found[1])


def _canonical(body: object) -> str:
    """The same text for the same JSON data, however it was written."""
    try:
        return json.dumps(body, sort_keys=True)
    except RecursionError:
        detail = "The body is nested more deeply than anything that is accepted here."
        raise Refused(422, detail) from None


def _refused(status: int, code: str, detail: str) -> Refused:
    return Refused(status, detail, [{"pointer": HEADER, "code": code, "detail": detail}])
