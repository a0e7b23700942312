"""A circuit breaker: what failed a few times in a row is left alone for a moment, and then tried by one caller."""

import logging
import time
from threading import Lock

log = logging.getLogger(__name__)
FAILURES = 3
OPEN_SECONDS = 2.0


class Breaker:
    """Closed while calls succeed. After FAILURES in a row it opens for OPEN_SECONDS, then lets one probe pass.

    The log hears of `opens` when it does, and of `closes` when calls succeed again.
    """

    def __init__(self, opens: str, closes: str) -> None:
        self._opens, self._closes = opens, closes
        self._lock = Lock()
        self._failures = 0
        self._next_probe = 0.0

    def allows(self) -> bool:
        """Whether to call. A caller that is allowed must say afterwards how it went."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if time.monotonic() < self._next_probe:
                return False
            self._next_probe = time.monotonic() + OPEN_SECONDS  # the others wait for this caller's news
            return True

    def is_open(self) -> bool:
        """Whether nobody may call for now."""
        with self._lock:
            return self._failures >= FAILURES and time.monotonic() < self._next_probe

    def succeeded(self) -> None:
        with self._lock:
            if self._failures >= FAILURES:
                log.info(self._closes)
            self._failures = 0

    def failed(self, error: Exception) -> None:
        with self._lock:
            self._failures += 1
            self._next_probe = time.monotonic() + OPEN_SECONDS
            if self._failures == FAILURES:
                log.warning(self._opens, extra={"error": str(error)[:500]})
