"""The cache backend `memory`: dogpile.cache over a bounded dictionary in this process."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, ClassVar

from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE
from pydantic import Field

from intermediate.plugins.base import Capability, Section
from intermediate.plugins.cache.interface import Cache, Verdict
from intermediate.plugins.cache.region import create_once


class MemoryCacheSettings(Section):
    max_entries: int = Field(10_000, ge=1)
    """How many entries are kept; beyond that, the least recently used are evicted."""


class LruDict:
    """The dictionary interface that dogpile's memory backend uses, with least-recently-used eviction."""

    def __init__(self, limit: int) -> None:
        self._entries: OrderedDict[str, Any] = OrderedDict()
        self._limit = limit
        self._lock = Lock()

    def get(self, key: str, default: Any) -> Any:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._limit:
                self._entries.popitem(last=False)


class MemoryCache(Cache):
    """A separate cache in each process. Versioned keys keep the processes consistent."""

    Settings = MemoryCacheSettings
    capabilities: ClassVar = frozenset({Capability.READABLE})

    def __init__(self, settings: MemoryCacheSettings) -> None:
        arguments = {"cache_dict": LruDict(settings.max_entries)}
        self._region = make_region().configure("dogpile.cache.memory", arguments=arguments)

    @classmethod
    def build(cls, config: object, settings: MemoryCacheSettings) -> "MemoryCache":
        return cls(settings)

    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        found = self._region.get(key, expiration_time=ttl)
        if found is not NO_VALUE:  # a hit does not need the creation lock
            return found, "hit"
        return create_once(self._region, key, create, ttl)
