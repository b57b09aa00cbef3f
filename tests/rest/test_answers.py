"""The cache of answers: bounded by weight, the least used go first, shared by all threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches

from rest.answers import OVERHEAD, AnswersCache

BODY = b"x" * 1_000
WEIGHT = len(BODY) + OVERHEAD


@pytest.fixture
def cache(request):
    made = AnswersCache(request.node.name, {"OPTIONS": {"MAX_BYTES": 3 * WEIGHT}})
    yield made
    made.clear()


def test_what_was_set_comes_back_with_its_headers(cache):
    cache.set("a", (BODY, {"ETag": "1"}))
    assert cache.get("a") == (BODY, {"ETag": "1"})
    assert cache.get("b") is None


def test_the_least_used_goes_first_once_there_is_no_room(cache):
    for key in "abc":
        cache.set(key, (BODY, {}))
    cache.get("a")
    cache.set("d", (BODY, {}))
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_setting_one_key_again_and_again_takes_the_room_of_one(cache):
    for _ in range(10):
        cache.set("a", (BODY, {}))
    cache.set("b", (BODY, {}))
    assert cache.get("a")
    assert cache.get("b")
    assert cache.store.bytes == 2 * WEIGHT


def test_what_is_larger_than_the_whole_cache_is_not_kept(cache):
    cache.set("a", (BODY * 10, {}))
    assert cache.get("a") is None
    assert cache.store.bytes == 0


def test_it_weighs_no_more_than_it_holds_whatever_threads_do(cache):
    def use(number):
        cache.set(str(number % 7), (BODY, {}))
        if number % 3 == 0:
            cache.delete(str(number % 5))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(500)))
    assert cache.store.bytes == WEIGHT * len(cache.store.answers) <= 3 * WEIGHT


def test_the_sites_own_is_one_for_all_threads_and_bounded():
    caches["reads"].set("a", (BODY, {}))
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(lambda: caches["reads"].get("a")).result() == (BODY, {})
    assert caches["reads"].max_bytes <= 64_000_000
