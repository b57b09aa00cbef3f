"""`Prefer: wait=N` (RFC 7240): answer when the work is done, or after N seconds as it stands."""

import re
import threading

from django.conf import settings

LONGEST_WAIT = 30

# Threads that wait serve nobody else: at most half of them do, past that the answer is at once.
_places = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


WAIT = re.compile(r'(?:^|,)\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:[;,]|$)', re.IGNORECASE)


def wait_seconds(request) -> int | None:
    """The N that the client asks for, capped; None where it does not ask or asks wrongly."""
    found = WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else None


class Place:
    """A place to wait in, taken without blocking: `with Place() as got_one`."""

    def __enter__(self) -> bool:
        self.taken = _places.acquire(blocking=False)
        return self.taken

    def __exit__(self, *_exc):
        if self.taken:
            _places.release()
