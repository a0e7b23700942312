"""The cache backend `redis`, shared by all processes: dogpile.cache over bytes, behind a circuit breaker.

If Redis is unavailable, slow, full or read-only, requests pay a few short timeouts and then skip the cache until Redis
recovers. Stored values are never unpickled. A value that is not a valid entry counts as absent.
"""

import hashlib
import json
import time
from collections.abc import Callable
from threading import local
from typing import Any, ClassVar

from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE, CantDeserializeException
from dogpile.cache.proxy import ProxyBackend
from pydantic import Field, SecretStr
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from intermediate.breaker import Breaker
from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import Capability, Section
from intermediate.plugins.cache.interface import Cache, CacheError, Verdict
from intermediate.plugins.cache.region import create_once

PREFIX = "intermediate:cache:2:"  # the number is the version of the entry format
CHECKSUM_BYTES = 8
TOO_SLOW = 0.5  # fraction of the timeout. A miss takes three round trips: above this, reading without a cache is faster


class RedisCacheSettings(Section):
    url: SecretStr = SecretStr("redis://localhost:6379/0")
    """The Redis of the cache."""
    timeout_seconds: float = Field(0.25, gt=0, le=1)
    """Timeout for connecting, and for each response; a request then goes on without the cache. After three responses in
    a row that took more than half of it, the cache is skipped for two seconds."""


class Guard(ProxyBackend):
    """Suppresses failures of Redis, and records for the calling thread that there was one."""

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # dogpile's
        self._too_slow = timeout_seconds * TOO_SLOW
        self.service = Breaker("cache_unavailable", "cache_available")
        # A separate breaker, because a Redis that is full or read-only still serves reads.
        self.writes = Breaker("cache_unwritable", "cache_writable")
        self.this_thread = local()

    def get_serialized(self, key: str) -> Any:
        try:
            return entry_or_nothing(self._call(self.proxied.get_serialized, key))
        except ResponseError:  # the key holds a value of another type; setting the key replaces it
            return NO_VALUE

    def set_serialized(self, key: str, value: Any) -> None:
        client: Any = self.proxied.writer_client  # type: ignore[attr-defined]  # RedisBackend's
        if self.this_thread.bypassed or not self.writes.allows():
            self.this_thread.bypassed = True
            return
        try:  # dogpile would use SETEX, which redis-py deprecates
            self._call(lambda: client.set(key, value, ex=self.this_thread.ttl))
        except ResponseError as error:
            self.writes.failed(error)
            self.this_thread.bypassed = True
        else:
            self.writes.succeeded()

    def _call(self, call: Callable[..., Any], *args: Any) -> Any:
        # At most one timeout per caller: otherwise the second read and the write would each wait for another.
        if self.this_thread.bypassed or not self.service.allows():
            self.this_thread.bypassed = True
            return NO_VALUE
        began = time.monotonic()
        try:
            value = call(*args)
        except ResponseError:
            self.service.succeeded()  # Redis responds, if only with an error
            raise
        except (RedisError, OSError) as error:
            self.service.failed(error)
            self.this_thread.bypassed = True
            return NO_VALUE
        took = time.monotonic() - began
        if took > self._too_slow:
            self.service.failed(TimeoutError(f"it took {took:.3f} s to answer"))
        else:
            self.service.succeeded()
        return value


def entry_or_nothing(value: Any) -> Any:
    """Return the value if dogpile can read it as an entry, otherwise NO_VALUE.

    An entry is the JSON of its creation time and version, a bar, and the bytes.
    """
    if value is NO_VALUE:
        return value
    try:
        metadata = json.loads(value.partition(b"|")[0])
        good = type(metadata["ct"]) is float and type(metadata["v"]) is int
    except (ValueError, TypeError, KeyError, RecursionError):
        good = False
    return value if good else NO_VALUE


def sealed(value: bytes) -> bytes:
    """Prefix a value with its checksum, so that foreign data under the same key is not mistaken for an entry."""
    return checksum(value) + value


def opened(stored: bytes) -> bytes:
    seal, value = stored[:CHECKSUM_BYTES], stored[CHECKSUM_BYTES:]
    if seal != checksum(value):
        raise CantDeserializeException  # dogpile treats this as a miss
    return value


def checksum(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=CHECKSUM_BYTES).digest()


class RedisCache(Cache):
    """In each process one thread creates an absent value, and the others wait for it."""

    Settings = RedisCacheSettings
    capabilities: ClassVar = frozenset({Capability.READABLE, Capability.SHARED, Capability.REMOTE})

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._guard = Guard(timeout_seconds)
        self._region = make_region(key_mangler=lambda key: PREFIX + key, serializer=sealed, deserializer=opened)
        arguments = {
            "url": url,
            "socket_timeout": timeout_seconds,
            "socket_connect_timeout": timeout_seconds,
            "connection_kwargs": {"retry": Retry(NoBackoff(), 0)},
        }
        try:
            self._region.configure("dogpile.cache.redis", arguments=arguments, wrap=[self._guard])
        except ValueError:
            raise ConfigurationError("cache.redis.url is not a Redis URL, such as redis://localhost:6379/0") from None

    @classmethod
    def build(cls, config: object, settings: RedisCacheSettings) -> "RedisCache":
        return cls(settings.url.get_secret_value(), settings.timeout_seconds)

    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        self._guard.this_thread.bypassed, self._guard.this_thread.ttl = False, ttl
        # Nothing can be stored, so no thread needs to wait for another one's value.
        if self._guard.service.is_open():
            return create(), "bypass"
        found = self._region.get(key, expiration_time=ttl)
        if found is not NO_VALUE:  # a hit does not need the creation lock
            return found, "hit"
        if self._guard.writes.is_open() or self._guard.this_thread.bypassed:
            return create(), "bypass"
        value, verdict = create_once(self._region, key, create, ttl)
        return value, "bypass" if verdict == "miss" and self._guard.this_thread.bypassed else verdict

    def ping(self) -> None:
        try:
            self._region.actual_backend.writer_client.ping()
        except (RedisError, OSError) as error:
            raise CacheError(str(error)) from error

    def close(self) -> None:
        self._region.actual_backend.writer_client.close()
