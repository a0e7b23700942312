"""Engines for the databases that `database.url` may name. Each has a module here, loaded only if it is chosen.

Each module has `make(url)`, which returns an engine that connects on first use, and the functions that those below
call by the same name.
"""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from intermediate.plugins import ConfigurationError

MODULES = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}


def make_engine(url: str) -> Engine:
    """Return an engine for SQLite or Postgres, which connects on first use, or raise ConfigurationError."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("database.url is not an SQLAlchemy URL, such as sqlite:////srv/app.sqlite") from None
    if parsed.get_backend_name() not in MODULES:
        raise ConfigurationError(
            f"database.url starts with {parsed.drivername!r}; use sqlite:////srv/app.sqlite or postgresql://host/name"
        )
    return _module(parsed.get_backend_name()).make(parsed)


def close(engine: Engine) -> None:
    """Close all connections permanently. Those that threads still hold are closed when they are returned.

    After `dispose` alone, these would return to the old pool, which is never closed.
    """
    event.listen(engine, "checkin", lambda _connection, record: record.close())
    engine.dispose()


def take_time(connection: Connection) -> None:
    """Remove the statement and idle timeouts of this transaction, for work that no client waits for."""
    _module(connection.dialect.name).take_time(connection)


def wait_for_client(connection: Connection) -> None:
    """Remove the idle timeout of this transaction, which waits for a slow client. Statement timeouts still apply."""
    _module(connection.dialect.name).wait_for_client(connection)


def without_waiting(connection: Connection) -> AbstractContextManager[None]:
    """Return a context manager in which a write that would wait for a lock fails at once, with a DBAPIError."""
    return _module(connection.dialect.name).without_waiting(connection)


def take_turns(connection: Connection) -> None:
    """Wait, with a timeout, until no other migration is running. Other migrations wait until this transaction ends."""
    _module(connection.dialect.name).take_turns(connection)


def take_snapshot(connection: Connection) -> None:
    """Make all reads of this transaction see the same snapshot. Call it before the first read."""
    _module(connection.dialect.name).take_snapshot(connection)


def connections(connection: Connection) -> tuple[int, int] | None:
    """Return the most connections that one process opens, and the most that the server allows for all processes.

    None if the database has no limit.
    """
    return _module(connection.dialect.name).connections(connection)


def last_given(connection: Connection, table: Any) -> int:
    """Return the highest id that the table ever assigned, even if its row was deleted; 0 if there was none."""
    return _module(connection.dialect.name).last_given(connection, table.name) or 0


def continue_after(connection: Connection, table: Any, last: int) -> None:
    """Make the table assign only ids above `last` from now on."""
    if last > 0:
        _module(connection.dialect.name).continue_after(connection, table.name, last)


def exists(engine: Engine) -> bool:
    """Return False for a database that the first connection would create."""
    return _module(engine.dialect.name).exists(engine.url)


def is_locked(engine: Engine, error: DBAPIError) -> bool:
    """Return whether the error is a timeout in waiting for a lock."""
    return _module(engine.dialect.name).is_locked(error)


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{MODULES[name]}")
