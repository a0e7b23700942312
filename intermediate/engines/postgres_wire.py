"""Connections to Postgres on which nothing waits without end, whatever the server does.

A server that is stopped, or whose host is gone, ends no statement by its own timeout, and a stopped one's kernel goes
on answering keepalives. libpq then waits as long as the server likes. psycopg2 lets a callback do the waiting
instead, and closes the connection if that raises.

There is one callback for the whole process. It does not hurry connections that are not `Impatient`, but it is
called for them too, and so psycopg2 refuses COPY and large objects everywhere.
"""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from psycopg2 import OperationalError, extensions

MARGIN = 0.5  # by which the server is given time to say itself that a statement took too long
EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}
STATEMENT_SECONDS = "SELECT extract(epoch FROM current_setting('statement_timeout')::interval)::float"


class Impatient(extensions.connection):
    """Waits for an answer a little longer than the server's statement_timeout, and not at all long to connect."""

    READY: ClassVar[int] = extensions.STATUS_READY

    def __init__(self, dsn: str, *args: Any) -> None:
        self._connecting = _seconds(extensions.parse_dsn(dsn).get("connect_timeout", "0"))
        self._answering = self._in_transaction = self._connecting
        self._hurried = False
        super().__init__(dsn, *args)
        self.autocommit = True
        with self.cursor() as cursor:
            cursor.execute(STATEMENT_SECONDS)
            limit = _seconds(cursor.fetchone()[0])
        self.autocommit = False
        self._answering = self._in_transaction = limit and limit + MARGIN

    @property
    def patience(self) -> float | None:
        """For how many seconds to wait."""
        return self._connecting if self._hurried else self._in_transaction

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Inside it nobody waits longer than to connect, and no transaction begins: for a question that takes no time.

        What is asked next begins one again, if it must (`postgres.py`).
        """
        self.autocommit = self._hurried = True
        try:
            yield
        finally:
            self._hurried = False

    def take_time(self) -> None:
        """Wait without end until this transaction is over."""
        self._in_transaction = None

    def commit(self) -> None:
        super().commit()
        self._in_transaction = self._answering

    def rollback(self) -> None:
        super().rollback()
        self._in_transaction = self._answering


def wait(connection: Any) -> None:
    """Wait until the server has answered: psycopg2's callback."""
    patience = getattr(connection, "patience", None)
    deadline = None if patience is None else time.monotonic() + patience
    while (state := connection.poll()) != extensions.POLL_OK:
        poll = select.poll()
        poll.register(connection, EVENTS[state])
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(left):
            raise OperationalError(f"the server has not answered within {patience} s")


def _seconds(timeout: float | str) -> float | None:
    """A timeout as libpq and Postgres have them: zero is none."""
    return max(0.0, float(timeout)) or None


extensions.set_wait_callback(wait)
