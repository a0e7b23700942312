"""Delayed job ids in this process."""

import heapq
import time
from threading import Condition, Event


class WaitingIds:
    """A thread-safe set of ids, ordered by the time at which they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._due: dict[int, float] = {}
        self._changed = Condition()

    def add(self, job_id: int, delay: float) -> None:
        """Add an id that is due in `delay` seconds. An id that is already present keeps the earlier time."""
        due = time.monotonic() + delay
        with self._changed:
            if due < self._due.get(job_id, float("inf")):
                self._due[job_id] = due
                heapq.heappush(self._heap, (due, job_id))
                self._changed.notify()

    def discard(self, job_id: int) -> None:
        with self._changed:
            self._due.pop(job_id, None)

    def pop_due(self) -> int | None:
        """Remove and return the id that has been due the longest, or None."""
        with self._changed:
            while self._heap and self._heap[0][0] <= time.monotonic():
                due, job_id = heapq.heappop(self._heap)
                if self._due.get(job_id) == due:
                    del self._due[job_id]
                    return job_id
            return None

    def wait(self, longest: float, stop: Event) -> None:
        """Block until an id may be due, `wake` is called, or `longest` seconds have passed."""
        with self._changed:
            if stop.is_set():
                return
            first = self._heap[0][0] - time.monotonic() if self._heap else longest
            self._changed.wait(max(0.0, min(longest, first)))

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
