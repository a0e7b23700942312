"""A helper for caches that are built on a region of dogpile.cache."""

from collections.abc import Callable

from dogpile.cache.region import CacheRegion

from intermediate.plugins.cache.interface import Verdict


def create_once(region: CacheRegion, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
    """Return the stored value of a key and "hit". One thread creates an absent value, a "miss"; the others wait."""
    verdict: Verdict = "hit"

    def create_as_miss() -> bytes:
        nonlocal verdict
        verdict = "miss"
        return create()

    value: bytes = region.get_or_create(key, create_as_miss, expiration_time=ttl)
    return value, verdict
