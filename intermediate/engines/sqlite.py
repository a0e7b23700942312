"""SQLite, made to behave as Postgres does by default.

Statements read what is committed, and a transaction begins with the first write, as BEGIN IMMEDIATE. A plain BEGIN
would let two requests read and then fail each other's writes with "database is locked", which no busy timeout helps.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from intermediate.plugins import ConfigurationError

READS = ("SELECT", "PRAGMA", "EXPLAIN")
BUSY_TIMEOUT = "busy_timeout=5000"


def make(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError("database.url names no file, which threads could share: say sqlite:////srv/app.sqlite")
    engine = create_engine(url, connect_args={"timeout": 5}, pool_size=20, max_overflow=20, pool_timeout=2)
    event.listen(engine, "connect", _on_connect)
    # Of the dialect's events: one listener of an engine's own makes every connection prepare for all that there are.
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, name, _begin_before_first_write)
    return engine


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
    _begin(connection.connection.dbapi_connection)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", BUSY_TIMEOUT, "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_before_first_write(cursor: Any, statement: str, *_: Any) -> None:
    if not statement.lstrip()[:10].upper().startswith(READS):
        _begin(cursor.connection)


def _begin(raw: Any) -> None:
    if not raw.in_transaction:
        raw.execute("BEGIN IMMEDIATE")
