"""The contract suite of cache backends."""

import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import pytest

from intermediate.plugins.base import Capability
from intermediate.plugins.cache.interface import Cache, CacheError, Verdict
from intermediate.testing.away import Away, all_tell, soon
from intermediate.testing.contract import Contract, eventually, in_threads

TTL = 60


class CacheBench:
    """The cache under test, and keys that no other test uses."""

    def __init__(self, cache: Cache, patience: float, away: Away) -> None:
        self.cache = cache
        self.away = away
        self.patience = patience
        self.readable = Capability.READABLE in cache.capabilities
        self.key = f"contract:{secrets.token_hex(8)}"
        self.made: list[bytes] = []

    def get(self, value: bytes, key: str | None = None, ttl: int = TTL) -> tuple[bytes, Verdict]:
        """Return what the cache returns for a key. If it has no entry, create `value` and record it in `made`."""

        def create() -> bytes:
            self.made.append(value)
            return value

        return self.cache.get_or_create(self.key if key is None else key, create, ttl)

    def is_bypassed(self, away: Cache) -> None:
        """Assert that reads continue without this cache and that only `ping` raises.

        Repeated, because the behavior may change after the first failures, for example with a circuit breaker.
        """

        def fail() -> bytes:
            raise LookupError("of the creator")

        def fail_to_create() -> None:
            with pytest.raises(LookupError, match="of the creator"):
                away.get_or_create(self.key, fail, TTL)

        for number in range(5):
            value = b"%d" % number
            read = partial(away.get_or_create, self.key, partial(bytes, value), TTL)
            assert soon(read, self.patience) == (value, "bypass")
            soon(fail_to_create, self.patience)
            soon(partial(all_tell, CacheError, {"ping": away.ping}), self.patience)


class CacheContract(Contract):
    """The contract of every cache backend."""

    kind: ClassVar = "cache"
    interface: ClassVar = Cache

    @pytest.fixture
    def cache(self, registry: Any) -> CacheBench:
        return self.bench(registry)

    @classmethod
    def bench(cls, registry: Any) -> CacheBench:
        """Return the bench for one test."""
        return CacheBench(registry.cache, cls.patience, cls.away(registry))

    def test_creates_when_absent(self, cache: CacheBench) -> None:
        assert cache.get(b"one") == (b"one", "miss" if cache.readable else "bypass")
        assert cache.made == [b"one"]

    def test_hit_gives_the_bytes(self, cache: CacheBench) -> None:
        values = [b"", b"\x00\xff\r\n" * 3, "ünïcode 🎈".encode(), bytes(range(256)) * 4096, b'{"v": 1}', b"0"]
        for number, value in enumerate(values):
            key = f"{cache.key}:{number}"
            cache.get(value, key)
            cache.made.clear()
            found, verdict = cache.get(b"another", key)
            if verdict == "hit":
                assert (found, cache.made) == (value, [])
            else:
                assert (found, cache.made) == (b"another", [b"another"])

    def test_readable_means_hits(self, cache: CacheBench) -> None:
        first, second = "miss" if cache.readable else "bypass", "hit" if cache.readable else "bypass"
        assert [cache.get(b"one")[1], cache.get(b"two")[1], cache.get(b"three")[1]] == [first, second, second]
        assert cache.made == ([b"one"] if cache.readable else [b"one", b"two", b"three"])

    def test_keys_are_separate(self, cache: CacheBench) -> None:
        long = cache.key + "x" * 5000
        keys = [cache.key, f"{cache.key} ", f"{cache.key}\n", cache.key.upper(), f"{cache.key}:", long, f"{long}x"]
        keys += [f"{cache.key}:é", f"{cache.key}:e\u0301", f"{cache.key}:E", f"{cache.key}:%20", f"{cache.key}:*", ""]
        for key in keys:
            assert cache.get(f"value of {key}".encode(), key)[0] == f"value of {key}".encode()
        for key in keys:
            found, verdict = cache.get(b"created anew", key)
            assert found == (f"value of {key}".encode() if verdict == "hit" else b"created anew")

    def test_entries_expire(self, cache: CacheBench) -> None:
        cache.get(b"old", ttl=1)
        cache.get(b"lasting", f"{cache.key}:lasting")
        assert eventually(lambda: cache.get(b"new", ttl=1)[0] == b"new", cache.patience)
        assert cache.get(b"new", f"{cache.key}:lasting")[0] == (b"lasting" if cache.readable else b"new")

    def test_creator_errors_pass_through(self, cache: CacheBench) -> None:
        def fail() -> bytes:
            raise LookupError("of the creator")

        for _ in range(2):
            with pytest.raises(LookupError, match="of the creator"):
                cache.cache.get_or_create(cache.key, fail, TTL)
        assert cache.get(b"one") == (b"one", "miss" if cache.readable else "bypass")

    def test_one_creation_per_key(self, cache: CacheBench) -> None:
        """The first creation waits, so that others would have time to begin."""
        second = threading.Event()
        created: list[bytes] = []

        def ask(value: bytes) -> Callable[[], tuple[bytes, Verdict]]:
            def create() -> bytes:
                created.append(value)
                if len(created) == 1 and cache.readable:
                    second.wait(0.2)
                second.set()
                return value

            return lambda: cache.cache.get_or_create(cache.key, create, TTL)

        results = in_threads(*[ask(b"%d" % number) for number in range(5)], patience=cache.patience)
        verdicts = sorted(verdict for _value, verdict in results)
        if cache.readable:
            assert {value for value, _verdict in results} == set(created)
            assert (len(created), verdicts) == (1, ["hit"] * 4 + ["miss"])
        else:
            assert (len(created), verdicts) == (5, ["bypass"] * 5)

    def test_slow_keys_do_not_block_others(self, cache: CacheBench) -> None:
        begun, others_done = threading.Event(), threading.Event()

        def slow() -> bytes:
            begun.set()
            return b"after the others" if others_done.wait(cache.patience / 2) else b"held the others up"

        def others() -> tuple[bytes, Verdict]:
            begun.wait(cache.patience)
            results = [cache.get(b"quick", f"{cache.key}:{number}") for number in range(50)]
            others_done.set()
            return results[-1]

        asked = in_threads(lambda: cache.cache.get_or_create(cache.key, slow, TTL), others, patience=cache.patience)
        assert [value for value, _verdict in asked] == [b"after the others", b"quick"]

    def test_unreachable_is_bypassed(self, cache: CacheBench) -> None:
        assert cache.cache.ping() is None  # type: ignore[func-returns-value]  # seen here
        if cache.away.is_possible:
            with cache.away.refused() as away:
                cache.is_bypassed(away)

    def test_unreachable_is_bypassed__in_silence(self, cache: CacheBench) -> None:
        if cache.away.is_possible:
            with cache.away.silent() as away:
                cache.is_bypassed(away)
