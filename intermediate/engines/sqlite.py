"""SQLite, configured to behave like the defaults of Postgres.

Statements read what is committed, and a transaction begins with the first write, as BEGIN IMMEDIATE. After a plain
BEGIN, two requests could read and then fail each other's writes with "database is locked", in spite of a busy timeout.
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
        hide_parameters=True,  # in errors, because these are logged
        pool_size=20,
        max_overflow=20,
        pool_timeout=2,
    )
    event.listen(engine, "connect", _on_connect)
    # Events of the dialect: a listener for an engine event would make each connection prepare for all engine events.
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, name, _begin_before_first_write)
    return engine


def wait_for_client(_connection: Connection) -> None:
    """Do nothing: SQLite has no idle timeout, and readers block nobody."""


def take_time(_connection: Connection) -> None:
    """Do nothing: SQLite has no statement timeout."""


@contextmanager
def without_waiting(connection: Connection) -> Iterator[None]:
    raw = connection.connection
    raw.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA {BUSY_TIMEOUT}")


def take_turns(connection: Connection) -> None:
    """Begin the transaction of a migration, with foreign keys off.

    A migration may drop and recreate a table, which must not delete the rows that refer to it. Foreign keys cannot be
    switched within a transaction, so the connection is detached and not used again.
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
    _enable_wal(connection)
    for pragma in ("synchronous=NORMAL", BUSY_TIMEOUT, "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _enable_wal(connection: Any) -> None:
    """Switch the file to WAL mode. Retries, because SQLite does not wait if another process is switching it too."""
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
