"""No cache: everything is made when it is asked for."""

from collections.abc import Callable

from intermediate.plugins.cache.interface import Cache, Verdict


class NullCache(Cache):
    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        return create(), "bypass"
