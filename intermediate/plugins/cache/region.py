"""Regions of dogpile.cache, which the caches here are made of."""

from collections.abc import Callable

from dogpile.cache.region import CacheRegion

from intermediate.plugins.cache.interface import Verdict


def create_once(region: CacheRegion, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
    """What is stored for a key. One thread creates what is not, which is a "miss" to it, and the others wait for it."""
    verdict: Verdict = "hit"

    def create_and_tell() -> bytes:
        nonlocal verdict
        verdict = "miss"
        return create()

    value: bytes = region.get_or_create(key, create_and_tell, expiration_time=ttl)
    return value, verdict
