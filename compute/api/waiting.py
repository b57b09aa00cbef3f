"""`Prefer: wait=N` on the operations that begin work or read it, and the ETag of what is read."""

import hashlib

from drf_spectacular.utils import OpenApiParameter

from compute.waiting import wait_for
from compute.work import Work
from rest.prefer import Place, wait_seconds

PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`wait=N`: answer when it has ended, or after N seconds (at most 30).",
)
UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


def wait_as_preferred(request, item: Work) -> dict[str, str]:
    """Wait for as long as the client asked, and say so; empty if there was no waiting."""
    seconds = wait_seconds(request)
    if seconds is None:
        return {}
    if not item.is_ended and seconds:
        with Place() as got_one:
            if not got_one:
                return {}
            wait_for(item, seconds)
    return {"Preference-Applied": f"wait={seconds}"}


def tag(*parts) -> str:
    """A strong ETag of whatever an answer depends on."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16)
    return f'"{digest.hexdigest()}"'
