"""Calls with a time-out, in threads that are used again: one that hangs holds one thread, however often it is made."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class BoundedCalls:
    """Calls by name. One that has not ended is not begun again: whoever asks meanwhile waits for the same."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._last: dict[str, Future[Any]] = {}

    def begin(self, calls: Mapping[str, Callable[[], Any]]) -> dict[str, Future[Any]]:
        """Begin each call that is not running. `result(timeout=...)` of its future gives what it found."""
        for name, call in calls.items():
            if name not in self._last or self._last[name].done():
                self._last[name] = self._pool.submit(call)
        return {name: self._last[name] for name in calls}

    def close(self) -> None:
        self._pool.shutdown(wait=False)
