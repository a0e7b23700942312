"""Ids that wait for their time, in this process."""

import heapq
import time
from threading import Condition, Event


class WaitingIds:
    """A set of ids ordered by when they are due. Safe to use from many threads."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._due: dict[int, float] = {}
        self._changed = Condition()

    def add(self, job_id: int, delay: float) -> None:
        """Let an id wait `delay` seconds. One that waits already keeps the earlier time."""
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
        """Take the id that is due longest, or None."""
        with self._changed:
            while self._heap and self._heap[0][0] <= time.monotonic():
                due, job_id = heapq.heappop(self._heap)
                if self._due.get(job_id) == due:
                    del self._due[job_id]
                    return job_id
            return None

    def wait(self, longest: float, stop: Event) -> None:
        """Return when an id may be due, `wake` was called, or after `longest` seconds."""
        with self._changed:
            if stop.is_set():
                return
            first = self._heap[0][0] - time.monotonic() if self._heap else longest
            self._changed.wait(max(0.0, min(longest, first)))

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
