"""Engines for the databases that `database.url` may name. Each has a module here, loaded only when it is chosen.

A module has `make(url)`, an engine that connects when first used, and what the functions below call by their names.
"""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from intermediate.plugins import ConfigurationError

MODULES = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}


def make_engine(url: str) -> Engine:
    """An engine for SQLite or Postgres. It connects when first used."""
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
    """Close all connections for good: those that threads still hold, when they give them back.

    After `dispose` alone they would go back into the old pool, which nobody closes.
    """
    event.listen(engine, "checkin", lambda _connection, record: record.close())
    engine.dispose()


def take_time(connection: Connection) -> None:
    """Let this transaction last as long as it needs: no client waits for it."""
    _module(connection.dialect.name).take_time(connection)


def wait_for_client(connection: Connection) -> None:
    """Let this transaction pause for as long as a client needs. The database still has to answer as soon as ever."""
    _module(connection.dialect.name).wait_for_client(connection)


def without_waiting(connection: Connection) -> AbstractContextManager[None]:
    """Inside it a write that would wait for another's lock fails at once, with a DBAPIError."""
    return _module(connection.dialect.name).without_waiting(connection)


def take_turns(connection: Connection) -> None:
    """Wait until no other migration is at work, but not for ever. Others wait until this transaction ends."""
    _module(connection.dialect.name).take_turns(connection)


def take_snapshot(connection: Connection) -> None:
    """Let all that this transaction reads be of one moment. To be called before it reads anything."""
    _module(connection.dialect.name).take_snapshot(connection)


def connections(connection: Connection) -> tuple[int, int] | None:
    """How many a process of ours opens at most, and how many there are for all of them; None where nobody counts."""
    return _module(connection.dialect.name).connections(connection)


def last_given(connection: Connection, table: Any) -> int:
    """The highest id that the table has ever given, also if its row is gone; 0 if it has given none."""
    return _module(connection.dialect.name).last_given(connection, table.name) or 0


def continue_after(connection: Connection, table: Any, last: int) -> None:
    """Let no id that the table gives from now on be `last` or below."""
    if last > 0:
        _module(connection.dialect.name).continue_after(connection, table.name, last)


def exists(engine: Engine) -> bool:
    """False for a database that the first connection would make."""
    return _module(engine.dialect.name).exists(engine.url)


def is_locked(engine: Engine, error: DBAPIError) -> bool:
    """Whether this is what comes of waiting too long for another's lock."""
    return _module(engine.dialect.name).is_locked(error)


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{MODULES[name]}")
