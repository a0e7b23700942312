"""Calls with a timeout, in a thread pool: a call that hangs occupies one thread, however often it is requested."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class BoundedCalls:
    """Calls by name. A call that is still running is not started again: all callers then wait for the same one."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._last: dict[str, Future[Any]] = {}

    def begin(self, calls: Mapping[str, Callable[[], Any]]) -> dict[str, Future[Any]]:
        """Start each call that is not running. Return the futures; `result(timeout=...)` waits for the result."""
        for name, call in calls.items():
            if name not in self._last or self._last[name].done():
                self._last[name] = self._pool.submit(call)
        return {name: self._last[name] for name in calls}

    def close(self) -> None:
        self._pool.shutdown(wait=False)
