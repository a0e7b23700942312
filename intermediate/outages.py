"""Outages of a service: one log line when it fails, one when it is available again, and a pause between attempts."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from intermediate.plugins.base import BackendError

log = logging.getLogger(__name__)


class Outage:
    """The state of a service that a worker needs, shared by its threads.

    Errors of the types `others` are not the service's, and are raised.
    """

    def __init__(self, service: str, pause_seconds: float, others: type[Exception] | tuple[()] = ()) -> None:
        self._service = service
        self._others = others
        self._pause_seconds = pause_seconds
        self._away = False
        self._next_try = 0.0

    def over(self) -> bool:
        """Return whether to try the service: always, except in the pause after a failure."""
        return time.monotonic() >= self._next_try

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Use the service within this context. An error is logged once and not raised: the worker must survive it."""
        try:
            yield
        except self._others:
            raise
        except Exception as error:  # noqa: BLE001  every error is logged
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
        else:  # a bug in our code, so the traceback matters
            log.exception("%s_failed", self._service)
