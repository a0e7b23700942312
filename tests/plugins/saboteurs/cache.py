"""Saboteurs of cache backends."""

import threading
from collections.abc import Callable
from threading import Event
from typing import Any, ClassVar

from intermediate.plugins.cache.interface import CacheError, Verdict
from intermediate.testing.away import SOON
from tests.plugins.saboteurs.base import Saboteur, breaks

ELSEWHERE = "tests.plugins.saboteurs.elsewhere:CacheElsewhere"

Create = Callable[[], bytes]
Answer = tuple[bytes, Verdict]


class CacheSaboteur(Saboteur):
    kind: ClassVar = "cache"
    on: ClassVar = "memory"


@breaks("creates_when_absent", also=("readable_means_hits", "one_creation_per_key"))
class CreatesTwice(CacheSaboteur):
    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        value, verdict = self.good.get_or_create(key, create, ttl)
        return (create() if verdict == "miss" else value), verdict


@breaks("hit_gives_the_bytes")
class StoresText(CacheSaboteur):
    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        value, verdict = self.good.get_or_create(key, create, ttl)
        return value.decode(errors="replace").encode(), verdict


@breaks("readable_means_hits")
class ClaimsToStore(CacheSaboteur):
    on: ClassVar = "null"

    def __init__(self, good: Any) -> None:
        super().__init__(good)
        self._asked: dict[str, int] = {}

    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        value, verdict = self.good.get_or_create(key, create, ttl)
        in_main = threading.current_thread() is threading.main_thread()
        self._asked[key] = self._asked.get(key, 0) + in_main
        return value, "miss" if self._asked[key] > 1 else verdict


@breaks("keys_are_separate")
class CutsKeys(CacheSaboteur):
    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        return self.good.get_or_create(key[:250], create, ttl)


@breaks("entries_expire")
class KeepsForLong(CacheSaboteur):
    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        return self.good.get_or_create(key, create, ttl * 1000)


@breaks("creator_errors_pass_through")
class SwallowsErrors(CacheSaboteur):
    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        try:
            return self.good.get_or_create(key, create, ttl)
        except LookupError:
            return b"", "bypass"


@breaks("one_creation_per_key")
class KeepsThreadsApart(CacheSaboteur):
    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        return self.good.get_or_create(f"{key}:{threading.get_ident()}", create, ttl)


@breaks("slow_keys_do_not_block_others")
class LocksForAllKeys(CacheSaboteur):
    def __init__(self, good: Any) -> None:
        super().__init__(good)
        self._lock = threading.Lock()

    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        with self._lock:
            return self.good.get_or_create(key, create, ttl)


@breaks("unreachable_is_bypassed")
class CallsItAMiss(CacheSaboteur):
    on: ClassVar = ELSEWHERE

    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        value, verdict = self.good.get_or_create(key, create, ttl)
        return value, "miss" if verdict == "bypass" and not self.is_silent() else verdict

    def is_silent(self) -> bool:
        try:
            self.good.ping()
        except CacheError as error:
            return isinstance(error.__cause__, TimeoutError)
        return False


@breaks("unreachable_is_bypassed__in_silence")
class WaitsForAWord(CacheSaboteur):
    on: ClassVar = ELSEWHERE

    def get_or_create(self, key: str, create: Create, ttl: int) -> Answer:
        try:
            self.good.ping()
        except CacheError:
            Event().wait(2 * SOON)
        return self.good.get_or_create(key, create, ttl)
