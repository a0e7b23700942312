"""The core database: sessions that join the request's transaction, and migrations. `engines` knows the dialects."""

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
"""How the schema is, for this code: too old, its own, or that of a release to come, which it can work on."""


class RequestSession(Session):
    """A session that joins the transaction manager in its `info` whenever it begins, or is given something to write.

    `zope.sqlalchemy.register` does that too, with seven listeners on each session, which cost more than a query.
    """


def _join(session: Session, _transaction: Any, connection: Connection) -> None:
    # Statements of SQLAlchemy Core write too, so every session counts as changed: a commit of nothing costs nothing.
    join_transaction(session, STATUS_CHANGED, session.info["tm"])
    lengthen = session.info.get("lengthen")  # how a transaction may last longer than a request's
    if lengthen and not session.in_nested_transaction():
        lengthen(connection)


def _join_with_object(session: Session, _instance: Any) -> None:
    # What is added may wait for the commit to be written, and would wait for ever in a session that has not joined.
    join_transaction(session, STATUS_CHANGED, session.info["tm"])


def _refuse_commit(session: Session) -> None:
    committing = session.info["tm"].get().status == ZopeStatus.COMMITTING
    assert committing or session.in_nested_transaction(), "Commit with request.tm, which others have joined too"


event.listen(RequestSession, "after_begin", _join)
event.listen(RequestSession, "after_attach", _join_with_object)
event.listen(RequestSession, "before_commit", _refuse_commit)


def request_session(request: Any) -> Session:
    """`request.db`: one session per request, committed or rolled back with `request.tm`."""
    # Nobody uses what was loaded after the commit: there is nothing to expire.
    return RequestSession(request.registry.engine, expire_on_commit=False, info={"tm": request.tm})


def veto(request: Any, response: Any) -> bool:
    """Roll back what answered with an error, unless its view must keep what it wrote."""
    return response.status_code >= 400 and not request.keep


def write_rows(
    session: Session | Connection,
    statement: Update | Delete,
    parameters: Any = None,
    *,
    synchronize: Literal["fetch", False] = False,
) -> int:
    """Run an UPDATE or DELETE, and say how many rows it was of.

    Objects that the session holds stay as they were, unless it is told to `fetch` which of them are concerned.
    """
    options: Any = {"synchronize_session": synchronize}
    result: Any = session.execute(statement, parameters, execution_options=options)
    return int(result.rowcount)


def alembic_config(url: str) -> Config:
    """Alembic's configuration: the migrations lie beside the package, or in it once it is installed."""
    package = Path(__file__).parent
    installed = package / "migrations"
    config = Config()
    config.set_main_option("script_location", str(installed if installed.is_dir() else package.parent / "alembic"))
    config.attributes["url"] = url
    return config


class SchemaInUseError(SQLAlchemyError):
    """The schema cannot be changed now."""


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision. Processes take turns; SchemaInUseError for one that waits too long.

    That of a newer release is left as it is.
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
    """The revision that this code was made for: as it was when the process began, whatever is installed over it."""
    return ScriptDirectory.from_config(alembic_config("")).get_current_head() or ""


def schema_state(engine: Engine) -> State:
    """How the schema is, or SQLAlchemyError. Revisions are numbers of one length, and rise."""
    head = newest()
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision() or ""
    if found == head:
        return "current"
    return "behind" if found < head else "newer"


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the revision that this code was made for."""
    return schema_state(engine) == "current"


def unusable(error: SQLAlchemyError) -> str:
    """What an operator is told, in one line, of a database that cannot be used at all."""
    said = " ".join(str(getattr(error, "orig", error)).split())
    if not isinstance(error, SchemaInUseError):  # which says what to do
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
            "tm.annotate_user": "false",  # it would ask who is signed in before traversal has found the surface
        }
    )
    config.include("pyramid_tm")
    config.add_request_method(request_session, "db", reify=True)
