"""A limit on long responses in a process: each occupies a thread of the server for as long as its client reads."""

import threading
from collections import Counter


class Places:
    """Places for concurrent responses, with a lower limit per user, so that no user can take all of them."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, user_id: int) -> bool:
        """Take a place for a user. Return False if none is free."""
        with self._lock:
            free = self._taken.total() < self._most and self._taken[user_id] < self._most_of_one
            if free:
                self._taken[user_id] += 1
            return free

    def give_back(self, user_id: int) -> None:
        with self._lock:
            self._taken[user_id] -= 1
            if not self._taken[user_id]:
                del self._taken[user_id]

    def count(self) -> int:
        with self._lock:
            return self._taken.total()
