"""The core database: engine, sessions that join the request's transaction, and migrations.

SQLite is made to behave as Postgres does by default: statements read what is committed, and a transaction begins with
the first write, as BEGIN IMMEDIATE. A plain BEGIN would let two requests read and then fail each other's writes with
"database is locked", which no busy timeout helps.
"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pyramid.config import Configurator
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session
from zope.sqlalchemy.datamanager import STATUS_CHANGED, ZopeStatus, join_transaction

from alembic import command
from intermediate.plugins import ConfigurationError

READS = ("SELECT", "PRAGMA", "EXPLAIN")


def make_engine(url: str) -> Engine:
    """An engine for SQLite or Postgres. It connects when first used."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("database.url is no SQLAlchemy URL, such as sqlite:////srv/app.sqlite") from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigurationError(f"database.url starts with {parsed.drivername!r}; this release knows sqlite")
    if parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("database.url names no file, which threads could share: say sqlite:////srv/app.sqlite")
    engine = create_engine(parsed, connect_args={"timeout": 5}, pool_size=20, max_overflow=20, pool_timeout=2)
    event.listen(engine, "connect", _on_connect)
    # Of the dialect's events: one listener of an engine's own makes every connection prepare for all that there are.
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, name, _begin_before_first_write)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_before_first_write(cursor: Any, statement: str, *_: Any) -> None:
    if not cursor.connection.in_transaction and not statement.lstrip()[:10].upper().startswith(READS):
        cursor.connection.execute("BEGIN IMMEDIATE")


class RequestSession(Session):
    """A session that joins the transaction manager in its `info` whenever it begins.

    `zope.sqlalchemy.register` does that too, with seven listeners on each session, which cost more than a query.
    """


def _join(session: Session, _transaction: Any, _connection: Any) -> None:
    # Statements of SQLAlchemy Core write too, so every session counts as changed: a commit of nothing costs nothing.
    join_transaction(session, STATUS_CHANGED, session.info["tm"])


def _refuse_commit(session: Session) -> None:
    committing = session.info["tm"].get().status == ZopeStatus.COMMITTING
    assert committing or session.in_nested_transaction(), "Commit with request.tm, which others have joined too"


event.listen(RequestSession, "after_begin", _join)
event.listen(RequestSession, "before_commit", _refuse_commit)


def request_session(request: Any) -> Session:
    """`request.db`: one session per request, committed or rolled back with `request.tm`."""
    return RequestSession(request.registry.engine, info={"tm": request.tm})


def veto(request: Any, response: Any) -> bool:
    """Roll back what answered with an error, unless its view must keep what it wrote."""
    return response.status_code >= 400 and not request.keep


def alembic_config(url: str) -> Config:
    """Alembic's configuration: the migrations lie beside the package, or in it once it is installed."""
    package = Path(__file__).parent
    installed = package / "migrations"
    config = Config()
    config.set_main_option("script_location", str(installed if installed.is_dir() else package.parent / "alembic"))
    config.attributes["url"] = url
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision. Two processes at once take turns."""
    config = alembic_config("")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the revision that this code needs. Raises SQLAlchemyError if it cannot be asked."""
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def includeme(config: Configurator) -> None:
    settings = config.registry.app_settings
    engine = config.registry.engine = make_engine(settings.database.url)
    if settings.database.migrate:
        try:
            migrate(engine)
        except SQLAlchemyError as error:
            raise ConfigurationError(f"database.url cannot be used: {getattr(error, 'orig', error)}") from None
        engine.dispose()  # no connection may cross a fork
    config.add_settings(
        {
            "tm.manager_hook": "pyramid_tm.explicit_manager",
            "tm.commit_veto": veto,
            "tm.annotate_user": "false",  # it would ask who is signed in before traversal has found the surface
        }
    )
    config.include("pyramid_tm")
    config.add_request_method(request_session, "db", reify=True)
