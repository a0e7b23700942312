"""Connections to Postgres with timeouts on the client, which apply even if the server hangs.

A server that is suspended, or whose host is lost, does not enforce its own timeouts, and the kernel of a suspended one
still answers keepalives. libpq would then wait without limit. psycopg2 can call a function to wait instead, and closes
the connection if that raises.

There is one such callback per process. It sets no timeout on connections that are not `Impatient`, but it is called for
them too, and so psycopg2 refuses COPY and large objects on every connection.
"""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from psycopg2 import OperationalError, extensions

MARGIN = 0.5  # seconds beyond statement_timeout, so that normally the server itself reports the timeout
EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}
STATEMENT_SECONDS = "SELECT extract(epoch FROM current_setting('statement_timeout')::interval)::float"


class Impatient(extensions.connection):
    """A connection that waits for a response slightly longer than the server's statement_timeout.

    To connect, it waits for connect_timeout.
    """

    READY: ClassVar[int] = extensions.STATUS_READY

    def __init__(self, dsn: str, *args: Any) -> None:
        self._connecting = _seconds(extensions.parse_dsn(dsn).get("connect_timeout", "0"))
        self._responding = self._in_transaction = self._connecting
        self._hurried = False
        super().__init__(dsn, *args)
        self.autocommit = True
        with self.cursor() as cursor:
            cursor.execute(STATEMENT_SECONDS)
            limit = _seconds(cursor.fetchone()[0])
        self.autocommit = False
        self._responding = self._in_transaction = limit and limit + MARGIN

    @property
    def patience(self) -> float | None:
        """The timeout in seconds, or None."""
        return self._connecting if self._hurried else self._in_transaction

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Use the connect timeout, and begin no transaction, within the block: for a ping.

        The next statement begins a transaction if it needs one (`postgres.py`).
        """
        self.autocommit = self._hurried = True
        try:
            yield
        finally:
            self._hurried = False

    def take_time(self) -> None:
        """Wait without a timeout until this transaction ends."""
        self._in_transaction = None

    def commit(self) -> None:
        super().commit()
        self._in_transaction = self._responding

    def rollback(self) -> None:
        super().rollback()
        self._in_transaction = self._responding


def wait(connection: Any) -> None:
    """Wait for the server's response: the callback for psycopg2. Raises OperationalError on a timeout."""
    patience = getattr(connection, "patience", None)
    deadline = None if patience is None else time.monotonic() + patience
    while (state := connection.poll()) != extensions.POLL_OK:
        poll = select.poll()
        poll.register(connection, EVENTS[state])
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(left):
            raise OperationalError(f"the server has not answered within {patience} s")


def _seconds(timeout: float | str) -> float | None:
    """Convert a timeout of libpq or Postgres, where zero means none."""
    return max(0.0, float(timeout)) or None


extensions.set_wait_callback(wait)
