"""What a cache backend does: it gives the bytes of a key, and makes them if it has none."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

from intermediate.plugins.base import Backend, BackendError

Verdict = Literal["hit", "miss", "bypass"]


class CacheError(BackendError):
    """The cache's store does not answer. Only `ping` raises it: reads go on without a cache."""

    code = "cache_unavailable"


class Cache(Backend, ABC):
    """Read-through bytes. Keys hold the version of what they name, so nothing is ever deleted: old keys expire.

    Promises:
        creates_when_absent: a key that is not there gives what `create` returns, and says "miss" or "bypass".
        hit_gives_the_bytes: "hit" comes with exactly the bytes that were created for that key, and without creating.
        readable_means_hits: with capability `readable`, what was created is a "hit" the next time; without it every
            call creates and says "bypass".
        keys_are_separate: no key ever gives another key's bytes, however alike or long they are.
        entries_expire: once a key is older than `ttl` seconds it is created anew. While a thread does that, others
            may get the bytes that have expired.
        creator_errors_pass_through: what `create` raises reaches the caller, and nothing is stored.
        one_creation_per_key: while a thread of this process creates a key that is not there, others that ask for it
            wait for that result, which is a "hit" to them (with capability `readable`).
        slow_keys_do_not_block_others: creating one key holds up no other key.
        unreachable_is_bypassed: while its service cannot be reached, `get_or_create` gives what `create` returns and
            says "bypass", and `ping` raises CacheError, each within a second (if remote).
    """

    @abstractmethod
    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        """The bytes of `key`: stored ones, or those of `create()`, stored for `ttl` seconds.

        "hit": another call created them. "miss": this call did, and stored them. "bypass": this call did, because
        the store cannot be used or there is none. Keys are any text. Never raises because of its store, and never
        waits for it longer than a second.
        """
