"""A computation gets so much memory and no more, and its process goes on."""

import resource
from pathlib import Path

import numpy as np
import pytest

from compute.memory import memory_limit

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is limited on Linux only"
)
MEGABYTES_200 = 25 * 2**20


def test_what_fits_is_allowed():
    with memory_limit(512):
        assert np.ones(MEGABYTES_200).sum() == MEGABYTES_200


def test_what_does_not_fit_is_an_error_and_the_process_goes_on():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), memory_limit(100):
        np.ones(MEGABYTES_200)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert np.ones(MEGABYTES_200).sum() == MEGABYTES_200


def test_the_limit_is_lifted_after_any_error():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(ZeroDivisionError), memory_limit(100):
        raise ZeroDivisionError
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_it_never_allows_more_than_the_process_had():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with memory_limit(300), memory_limit(10_000), pytest.raises(MemoryError):
        np.ones(2 * MEGABYTES_200)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
