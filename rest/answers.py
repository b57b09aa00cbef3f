"""A cache of answers in this process, bounded by what they weigh."""

import sys
import threading
from collections import OrderedDict

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

# What a key and the headers of an answer take beside its body, in bytes.
OVERHEAD = 2_000


class _Store:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answers: OrderedDict[str, tuple[bytes, dict[str, str]]] = OrderedDict()
        self.bytes = 0

    def drop(self, key: str) -> bool:
        """Call it with the lock held."""
        found = self.answers.pop(key, None)
        if found is not None:
            self.bytes -= len(found[0]) + OVERHEAD
        return found is not None


# Django makes a cache anew for every thread.
_stores: dict[str, _Store] = {}


class AnswersCache(BaseCache):
    """Values are (body, headers). The least used go first, once all weigh more than MAX_BYTES.

    Nothing expires: the keys hold the content version, so an old answer is never asked for again.
    """

    def __init__(self, name: str, params: dict):
        super().__init__(params)
        self.store = _stores.setdefault(name, _Store())
        self.max_bytes = params.get("OPTIONS", {}).get("MAX_BYTES", sys.maxsize)

    def get(self, key, default=None, version=None):
        with self.store.lock:
            found = self.store.answers.get(key)
            if found is None:
                return default
            self.store.answers.move_to_end(key)
            return found

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        store = self.store
        with store.lock:
            store.drop(key)
            store.answers[key] = value
            store.bytes += len(value[0]) + OVERHEAD
            while store.bytes > self.max_bytes:
                store.drop(next(iter(store.answers)))

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        if self.get(key) is not None:
            return False
        self.set(key, value)
        return True

    def delete(self, key, version=None):
        with self.store.lock:
            return self.store.drop(key)

    def clear(self):
        with self.store.lock:
            self.store.answers.clear()
            self.store.bytes = 0
