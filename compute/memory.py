"""A bound on the memory of one computation, so that it fails alone and not with its machine."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAPPED_PAGES = Path("/proc/self/statm")
MEGABYTE = 2**20


@contextmanager
def memory_limit(megabytes: int) -> Iterator[None]:
    """Let this process map so much memory more than it has now; past it, a MemoryError.

    Where there is no /proc (outside of Linux) nothing is limited.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    if mapped := _mapped_bytes():
        soft = mapped + megabytes * MEGABYTE
        allowed = [limit for limit in (soft, *before) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(allowed), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _mapped_bytes() -> int | None:
    try:
        pages = int(MAPPED_PAGES.read_text().split()[0])
    except FileNotFoundError:
        return None
    return pages * resource.getpagesize()
