"""Engines for the databases that `database.url` may name. Each has a module here, loaded only when it is chosen.

A module has `make(url)`, an engine that connects when first used; `take_time(connection)`, which lets the transaction
of a job or a command last longer than a web request's may; `without_waiting(connection)`, for a write that may rather
fail than wait for others; and `take_turns(connection)`, which makes a migration wait until no other one is at work.
"""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from intermediate.plugins import ConfigurationError

MODULES = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}


def make_engine(url: str) -> Engine:
    """An engine for SQLite or Postgres. It connects when first used."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("database.url is no SQLAlchemy URL, such as sqlite:////srv/app.sqlite") from None
    if parsed.get_backend_name() not in MODULES:
        raise ConfigurationError(
            f"database.url starts with {parsed.drivername!r}; say sqlite:////srv/app.sqlite or postgresql://host/name"
        )
    engine: Engine = _module(parsed.get_backend_name()).make(parsed)
    return engine


def take_time(connection: Connection) -> None:
    """Let this transaction last as long as it needs: no client waits for it."""
    _module(connection.dialect.name).take_time(connection)


def without_waiting(connection: Connection) -> AbstractContextManager[None]:
    """Inside it a write that would wait for another's lock fails at once, with a DBAPIError."""
    waits: AbstractContextManager[None] = _module(connection.dialect.name).without_waiting(connection)
    return waits


def take_turns(connection: Connection) -> None:
    """Wait until no other migration is at work. Others wait until this transaction ends."""
    _module(connection.dialect.name).take_turns(connection)


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{MODULES[name]}")
