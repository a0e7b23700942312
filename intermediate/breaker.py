"""A circuit breaker: after a few failures in a row it blocks calls for a moment, then lets one caller try."""

import logging
import time
from threading import Lock

log = logging.getLogger(__name__)
FAILURES = 3
OPEN_SECONDS = 2.0


class Breaker:
    """Closed while calls succeed. After FAILURES in a row it opens for OPEN_SECONDS, then lets one probe pass.

    It logs the event `opens` when it opens, and `closes` when calls succeed again.
    """

    def __init__(self, opens: str, closes: str) -> None:
        self._opens, self._closes = opens, closes
        self._lock = Lock()
        self._failures = 0
        self._next_probe = 0.0

    def allows(self) -> bool:
        """Return whether to call. An allowed caller must afterwards call `succeeded` or `failed`."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if time.monotonic() < self._next_probe:
                return False
            self._next_probe = time.monotonic() + OPEN_SECONDS  # until then only this caller may try
            return True

    def is_open(self) -> bool:
        """Return whether all calls are blocked now."""
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
