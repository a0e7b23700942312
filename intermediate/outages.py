"""A service that is away: one log line when it goes, one when it is back, and a pause between tries."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from intermediate.plugins.base import BackendError

log = logging.getLogger(__name__)


class Outage:
    """What one part of a worker knows about the service that it needs."""

    def __init__(self, service: str, pause_seconds: float = 0.0) -> None:
        self._service = service
        self._pause_seconds = pause_seconds
        self._away = False
        self._next_try = 0.0

    def over(self) -> bool:
        """Whether it is time to try: always, but in the pause after a failure."""
        return time.monotonic() >= self._next_try

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Do something with the service. That it is away is logged once and not raised."""
        try:
            yield
        except (BackendError, SQLAlchemyError) as error:
            self._next_try = time.monotonic() + self._pause_seconds
            if not self._away:
                log.warning("%s_unavailable", self._service, extra={"error": str(error)[:500]})
            self._away = True
        else:
            if self._away:
                log.info("%s_available", self._service)
            self._away = False
