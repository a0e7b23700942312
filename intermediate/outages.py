"""A service that is away: one log line when it goes, one when it is back, and a pause between tries."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from intermediate.plugins.base import BackendError

log = logging.getLogger(__name__)


class Outage:
    """What a worker knows about a service that it needs. One for all its threads.

    Errors of `others` are not the service's, and are raised.
    """

    def __init__(self, service: str, pause_seconds: float, others: type[Exception] | tuple[()] = ()) -> None:
        self._service = service
        self._others = others
        self._pause_seconds = pause_seconds
        self._away = False
        self._next_try = 0.0

    def over(self) -> bool:
        """Whether it is time to try: always, but in the pause after a failure."""
        return time.monotonic() >= self._next_try

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Do something with the service. What fails is logged once and not raised: a worker must outlive it."""
        try:
            yield
        except self._others:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is told
            self._next_try = time.monotonic() + self._pause_seconds
            if not self._away:
                self._tell(error)
            self._away = True
        else:
            if self._away:
                log.info("%s_available", self._service)
            self._away = False

    def _tell(self, error: Exception) -> None:
        if isinstance(error, (BackendError, SQLAlchemyError)):
            log.warning("%s_unavailable", self._service, extra={"error": str(error)[:500]})
        else:  # a mistake of ours, whose place matters
            log.exception("%s_failed", self._service)
