"""The cache backends that are shipped keep the contract."""

from typing import ClassVar

from intermediate.testing import CacheContract


class TestMemoryCache(CacheContract):
    backend: ClassVar = "memory"
    options: ClassVar = {"max_entries": "1000"}


class TestNullCache(CacheContract):
    backend: ClassVar = "null"
