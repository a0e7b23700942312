"""SQLite, made to behave as Postgres does by default.

Statements read what is committed, and a transaction begins with the first write, as BEGIN IMMEDIATE. A plain BEGIN
would let two requests read and then fail each other's writes with "database is locked", which no busy timeout helps.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from intermediate.plugins import ConfigurationError

NO_WRITES = ("SELECT", "PRAGMA", "EXPLAIN", "BEGIN")
BUSY_TIMEOUT = "busy_timeout=5000"
WAL_SECONDS = 5


def make(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError("database.url names no file that threads could share: use sqlite:////srv/app.sqlite")
    engine = create_engine(
        url,
        connect_args={"timeout": 5},
        hide_parameters=True,  # of errors, which are logged
        pool_size=20,
        max_overflow=20,
        pool_timeout=2,
    )
    event.listen(engine, "connect", _on_connect)
    # Of the dialect's events: one listener of an engine's own makes every connection prepare for all that there are.
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, name, _begin_before_first_write)
    return engine


def wait_for_client(_connection: Connection) -> None:
    """A reader is in nobody's way."""


def take_time(_connection: Connection) -> None:
    """SQLite cuts no statement off."""


@contextmanager
def without_waiting(connection: Connection) -> Iterator[None]:
    raw = connection.connection
    raw.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA {BUSY_TIMEOUT}")


def take_turns(connection: Connection) -> None:
    """A migration that changes a table may drop it and make it anew, which must not delete what points to it.

    Foreign keys cannot be turned off in a transaction, so the connection is never used again.
    """
    connection.detach()
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_locked(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def take_snapshot(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN")


def exists(url: URL) -> bool:
    return "uri" in url.query or Path(str(url.database)).exists()


def connections(_connection: Connection) -> None:
    return None


def last_given(connection: Connection, table: str) -> int | None:
    return connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table})


def continue_after(connection: Connection, table: str, last: int) -> None:
    values = {"table": table, "last": last}
    connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :table"), values)
    first = "INSERT INTO sqlite_sequence SELECT :table, :last WHERE :table NOT IN (SELECT name FROM sqlite_sequence)"
    connection.execute(text(first), values)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    _keep_a_journal_ahead(connection)
    for pragma in ("synchronous=NORMAL", BUSY_TIMEOUT, "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _keep_a_journal_ahead(connection: Any) -> None:
    """WAL is a property of the file. To change it SQLite does not wait for another process that does so too."""
    deadline = time.monotonic() + WAL_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_before_first_write(cursor: Any, statement: str, *_: Any) -> None:
    if not statement.lstrip()[:10].upper().startswith(NO_WRITES):
        raw = cursor.connection
        if not raw.in_transaction:
            raw.execute("BEGIN IMMEDIATE")
