"""The contract of a cache backend, which returns the bytes stored for a key or creates them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

from intermediate.plugins.base import Backend, BackendError

Verdict = Literal["hit", "miss", "bypass"]


class CacheError(BackendError):
    """The cache's store does not respond. Only `ping` raises it; reads continue without a cache."""

    code = "cache_unavailable"


class Cache(Backend, ABC):
    """A read-through cache of bytes. Keys contain a version, so entries are never deleted; old ones expire.

    Promises:
        creates_when_absent: an absent key returns the result of `create`, with "miss" or "bypass".
        hit_gives_the_bytes: "hit" returns exactly the bytes created for that key, and does not call `create`.
        readable_means_hits: with capability `readable`, a created value is a "hit" the next time; without it, every
            call creates and returns "bypass".
        keys_are_separate: no key ever returns another key's bytes, however similar or long they are.
        entries_expire: once a key is older than `ttl` seconds, it is created again. While a thread does so, others may
            get the expired bytes.
        creator_errors_pass_through: an exception raised by `create` reaches the caller, and nothing is stored.
        one_creation_per_key: while a thread of this process creates an absent key, others that request it wait for the
            result, which is a "hit" for them (with capability `readable`).
        slow_keys_do_not_block_others: creating one key does not delay any other key.
        unreachable_is_bypassed: while its service cannot be reached, `get_or_create` returns the result of `create`
            with "bypass", and `ping` raises CacheError, each within a second (if remote).
    """

    @abstractmethod
    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        """Return the bytes stored for `key`, or the result of `create()`, which is then stored for `ttl` seconds.

        "hit": another call created them. "miss": this call created and stored them. "bypass": this call created them,
        because the store is unavailable or there is none. A key can be any text. Never raises because of its store,
        and never waits for it longer than a second.
        """
