"""The core database: sessions that join the request's transaction, and migrations. Dialects: see `engines`."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pyramid.config import Configurator
from pyramid_tm import explicit_manager
from sqlalchemy import Connection, Delete, Engine, Update, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from zope.sqlalchemy.datamanager import STATUS_CHANGED, ZopeStatus, join_transaction

from alembic import command
from intermediate.engines import is_locked, make_engine
from intermediate.plugins import ConfigurationError

State = Literal["behind", "current", "newer"]
"""The schema compared with this code: older, equal, or that of a newer release, with which this code can work."""


class RequestSession(Session):
    """A session that joins the transaction manager in its `info` when it begins, or when an object is added to it.

    `zope.sqlalchemy.register` does that too, with seven listeners on each session, which cost more than a query.
    """


def _join(session: Session, _transaction: Any, connection: Connection) -> None:
    # Core statements write too, so every session counts as changed. An empty commit costs nothing.
    join_transaction(session, STATUS_CHANGED, session.info["tm"])
    lengthen = session.info.get("lengthen")  # for transactions that may take longer than a request
    if lengthen and not session.in_nested_transaction():
        lengthen(connection)


def _join_with_object(session: Session, _instance: Any) -> None:
    # An added object may be flushed only by the commit, and a session that has not joined is never committed.
    join_transaction(session, STATUS_CHANGED, session.info["tm"])


def _refuse_commit(session: Session) -> None:
    committing = session.info["tm"].get().status == ZopeStatus.COMMITTING
    assert committing or session.in_nested_transaction(), "Commit with request.tm, which others have joined too"


event.listen(RequestSession, "after_begin", _join)
event.listen(RequestSession, "after_attach", _join_with_object)
event.listen(RequestSession, "before_commit", _refuse_commit)


def request_session(request: Any) -> Session:
    """`request.db`: one session per request, committed or rolled back with `request.tm`."""
    # Nothing uses loaded objects after the commit, so they need not expire.
    return RequestSession(request.registry.engine, expire_on_commit=False, info={"tm": request.tm})


def veto(request: Any, response: Any) -> bool:
    """Return whether to roll back: if the response is an error, unless the view has set `request.keep`."""
    return response.status_code >= 400 and not request.keep


def write_rows(
    session: Session | Connection,
    statement: Update | Delete,
    parameters: Any = None,
    *,
    synchronize: Literal["fetch", False] = False,
) -> int:
    """Run an UPDATE or DELETE and return the number of its rows.

    Objects in the session are not updated, unless `synchronize` is `fetch`.
    """
    options: Any = {"synchronize_session": synchronize}
    result: Any = session.execute(statement, parameters, execution_options=options)
    return int(result.rowcount)


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration. The migrations are beside the package, or in it once it is installed."""
    package = Path(__file__).parent
    installed = package / "migrations"
    config = Config()
    config.set_main_option("script_location", str(installed if installed.is_dir() else package.parent / "alembic"))
    config.attributes["url"] = url
    return config


class SchemaInUseError(SQLAlchemyError):
    """The schema is locked and cannot be migrated now."""


def migrate(engine: Engine) -> None:
    """Upgrade the schema to the newest revision. The schema of a newer release is left unchanged.

    Processes take turns; SchemaInUseError if one waits too long.
    """
    config = alembic_config("")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        if schema_state(engine) != "newer":
            raise
    except DBAPIError as error:
        if not is_locked(engine, error):
            raise
        raise SchemaInUseError(
            "another migration or a long transaction keeps it locked. Nothing was changed; try again when that ends"
        ) from error


@cache
def newest() -> str:
    """Return the revision of this code, read once: a release installed over a running process has no effect."""
    return ScriptDirectory.from_config(alembic_config("")).get_current_head() or ""


def schema_state(engine: Engine) -> State:
    """Compare the schema with this code, or raise SQLAlchemyError. Revisions are increasing numbers of equal length."""
    head = newest()
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision() or ""
    if found == head:
        return "current"
    return "behind" if found < head else "newer"


def is_current(engine: Engine) -> bool:
    """Return whether the schema is at the revision of this code."""
    return schema_state(engine) == "current"


def unusable(error: SQLAlchemyError) -> str:
    """Return one line for operators about a database that cannot be used."""
    said = " ".join(str(getattr(error, "orig", error)).split())
    if not isinstance(error, SchemaInUseError):  # whose message says what to do
        said = (
            f"{said.rstrip('.?')}. Check that it is running, or that its folder exists, is writable and has "
            "free space, and that user, password and name are right."
        )
    return f"database.url cannot be used: {said}"


def includeme(config: Configurator) -> None:
    settings = config.registry.app_settings
    engine = config.registry.engine = make_engine(settings.database.url)
    newest()
    if settings.database.migrate:
        try:
            migrate(engine)
        except SQLAlchemyError as error:
            raise ConfigurationError(unusable(error)) from None
        engine.dispose()  # no connection may cross a fork
    config.add_settings(
        {
            "tm.manager_hook": explicit_manager,
            "tm.commit_veto": veto,
            "tm.annotate_user": "false",  # it would look up the caller before traversal has set the surface
        }
    )
    config.include("pyramid_tm")
    config.add_request_method(request_session, "db", reify=True)
