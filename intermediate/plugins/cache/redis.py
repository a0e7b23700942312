"""A cache in Redis, which all processes share: dogpile.cache over bytes, behind a circuit breaker.

Redis that is away, slow, full or read-only costs a few short time-outs, and then nothing until it is back. What is in
it is never unpickled, and whatever is no entry of ours counts as absent.
"""

import json
from collections.abc import Callable
from threading import local
from typing import Any, ClassVar

from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE
from dogpile.cache.proxy import ProxyBackend
from pydantic import Field, SecretStr
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import Capability, Section
from intermediate.plugins.cache.breaker import Breaker
from intermediate.plugins.cache.interface import Cache, CacheError, Verdict

PREFIX = "intermediate:cache:1:"  # the number is that of the entries' format
LONGEST_LIFE = 24 * 3600  # whatever an entry's own lifetime, Redis may forget it then


class RedisCacheSettings(Section):
    url: SecretStr = SecretStr("redis://localhost:6379/0")
    timeout_seconds: float = Field(0.25, gt=0, le=1)


class Guard(ProxyBackend):
    """Lets no failure of Redis through, and remembers for the calling thread that there was one."""

    def __init__(self, breaker: Breaker) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._breaker = breaker
        self.this_thread = local()

    def get_serialized(self, key: str) -> Any:
        try:
            return entry_or_nothing(self._call(self.proxied.get_serialized, key))
        except ResponseError:  # another type of value stands there; setting replaces it
            return NO_VALUE

    def set_serialized(self, key: str, value: Any) -> None:
        client: Any = self.proxied.writer_client  # type: ignore[attr-defined]
        try:  # dogpile would use SETEX, which redis-py deprecates
            self._call(lambda: client.set(key, value, ex=LONGEST_LIFE))
        except ResponseError as error:  # full, or read-only
            self._breaker.failed(error)
            self.this_thread.bypassed = True

    def _call(self, call: Callable[..., Any], *args: Any) -> Any:
        if not self._breaker.allows():
            self.this_thread.bypassed = True
            return NO_VALUE
        try:
            value = call(*args)
        except ResponseError:
            self._breaker.succeeded()  # it answers
            raise
        except (RedisError, OSError) as error:
            self._breaker.failed(error)
            self.this_thread.bypassed = True
            return NO_VALUE
        self._breaker.succeeded()
        return value


def entry_or_nothing(value: Any) -> Any:
    """What dogpile can read as an entry: JSON of its creation time and version, a bar, and the bytes."""
    if value is NO_VALUE:
        return value
    try:
        metadata = json.loads(value.partition(b"|")[0])
        good = type(metadata["ct"]) is float and type(metadata["v"]) is int
    except (ValueError, TypeError, KeyError, RecursionError):
        good = False
    return value if good else NO_VALUE


class RedisCache(Cache):
    """In each process one thread creates what is absent, and the others wait for it."""

    Settings = RedisCacheSettings
    capabilities: ClassVar = frozenset({Capability.READABLE, Capability.SHARED, Capability.REMOTE})

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._breaker = Breaker()
        self._guard = Guard(self._breaker)
        self._region = make_region(
            key_mangler=lambda key: PREFIX + key, serializer=lambda value: value, deserializer=lambda value: value
        )
        arguments = {
            "url": url,
            "socket_timeout": timeout_seconds,
            "socket_connect_timeout": timeout_seconds,
            "connection_kwargs": {"retry": Retry(NoBackoff(), 0)},
        }
        try:
            self._region.configure("dogpile.cache.redis", arguments=arguments, wrap=[self._guard])
        except ValueError:
            raise ConfigurationError("cache.redis.url is no URL of Redis, such as redis://localhost:6379/0") from None

    @classmethod
    def build(cls, config: object, settings: RedisCacheSettings) -> "RedisCache":
        return cls(settings.url.get_secret_value(), settings.timeout_seconds)

    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        if self._breaker.is_open():
            return create(), "bypass"  # without the lock under which others would wait for each other
        verdict: Verdict = "hit"
        self._guard.this_thread.bypassed = False

        def create_and_tell() -> bytes:
            nonlocal verdict
            verdict = "miss"
            return create()

        value = self._region.get_or_create(key, create_and_tell, expiration_time=ttl)
        return value, "bypass" if verdict == "miss" and self._guard.this_thread.bypassed else verdict

    def ping(self) -> None:
        try:
            self._region.actual_backend.writer_client.ping()
        except (RedisError, OSError) as error:
            raise CacheError(str(error)) from error

    def close(self) -> None:
        self._region.actual_backend.writer_client.close()
