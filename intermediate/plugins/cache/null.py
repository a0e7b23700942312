"""The cache backend `null`: stores nothing and creates every value on request."""

from collections.abc import Callable

from intermediate.plugins.cache.interface import Cache, Verdict


class NullCache(Cache):
    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        return create(), "bypass"
