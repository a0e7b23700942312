"""The shipped cache backends keep the contract."""

from typing import ClassVar

from intermediate.plugins.cache.memory import MemoryCache, MemoryCacheSettings
from intermediate.testing import CacheContract


class TestMemoryCache(CacheContract):
    backend: ClassVar = "memory"
    options: ClassVar = {"max_entries": "1000"}


class TestRedisCache(CacheContract):
    backend: ClassVar = "redis"
    options: ClassVar = {"url": "{redis_url}"}
    unreachable: ClassVar = {"url": "redis://127.0.0.1:{port}/0"}


class TestNullCache(CacheContract):
    backend: ClassVar = "null"


def test_memory_keeps_the_entries_that_were_used_last() -> None:
    cache = MemoryCache(MemoryCacheSettings(max_entries=2))

    def verdict(key: str) -> str:
        return cache.get_or_create(key, key.encode, 60)[1]

    assert [verdict(key) for key in ("a", "b", "a", "c")] == ["miss", "miss", "hit", "miss"]
    assert [verdict(key) for key in ("a", "b")] == ["hit", "miss"]
