"""Postgres, with short timeouts for connections, locks and responses.

The server enforces the timeouts, and `postgres_wire` does so where the server does not. A statement that exceeds one
raises an error for which the exception views return 503. The query of `database.url` overrides the values:
`?connect_timeout=10&options=-c statement_timeout=20s`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from intermediate.breaker import Breaker
from intermediate.plugins import ConfigurationError

CONNECT = {"connect_timeout": "2", "application_name": "intermediate"}
# Connections notice a lost host within a minute, even those without a timeout.
KEEPALIVES = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
OPTIONS = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s"}
MIGRATION = 0x696E7465726D  # the key of an advisory lock: any number that no other application uses
TURN = "60s"  # how long a migration waits for another one to end
LOCK_NOT_AVAILABLE = "55P03"
IDLE_SECONDS = 1.0
POOL, OVERFLOW = 5, 5  # connections of a process: the ones it keeps, and extra ones when all of those are in use
# The lowest of the limits for connections: the server's for all but superusers, the role's, and the database's.
ROOM = """
SELECT least(
  (SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings
   WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')),
  (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
  (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()))
"""
SEQUENCE = "CAST(pg_get_serial_sequence(:table, 'id') AS regclass)"


def make(url: URL) -> Engine:
    given = dict(url.query)
    if not str(given.get("connect_timeout", "0")).isdecimal():
        raise ConfigurationError(
            f"database.url: connect_timeout is {given['connect_timeout']!r}; use a number of seconds"
        )
    # If options contradict each other, libpq uses the last.
    options = " ".join([*(f"-c {name}={value}" for name, value in OPTIONS.items()), str(given.get("options", ""))])
    try:
        from intermediate.engines.postgres_wire import Impatient  # psycopg2 is an extra

        engine = create_engine(
            url.set(drivername="postgresql+psycopg2"),
            connect_args={**CONNECT, **KEEPALIVES, **given, "options": options, "connection_factory": Impatient},
            hide_parameters=True,  # in errors, because these are logged
            use_native_hstore=False,  # otherwise each new connection queries the catalog for an unused type
            pool_size=POOL,
            max_overflow=OVERFLOW,
            pool_timeout=2,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"database.url names Postgres, but {error.name} is not installed: pip install 'intermediate[postgres]'"
        ) from None
    _break_circuit_while_unavailable(engine)
    _ping_after_idling(engine)
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, name, _begin_before_first_write)
    return engine


def _begin_before_first_write(cursor: Any, statement: str, *rest: Any) -> None:
    """Run reads in autocommit mode and begin the transaction with the first write, as on SQLite.

    For a read, BEGIN and COMMIT would cost as much as the query itself. At READ COMMITTED each statement sees what is
    committed, whether in a transaction or not.
    """
    raw = cursor.connection
    if raw.status == raw.READY:
        raw.autocommit = cursor.name is None and _only_reads(statement, rest[-1])


def _only_reads(statement: str, context: Any) -> bool:
    """Return whether this is a plain SELECT built by SQLAlchemy, without row locks (FOR UPDATE) and without WITH, which
    may contain writes."""
    made = isinstance(context.invoked_statement, Select)
    return made and statement.startswith("SELECT") and " FOR " not in statement


def _ping_after_idling(engine: Engine) -> None:
    """Ping connections that were idle before they are used, so that no request fails after a restart of the server.

    SQLAlchemy's `pool_pre_ping` would ping on every checkout, which takes as long as the query that follows.
    """

    def returned(_raw: Any, record: Any) -> None:
        record.info["returned"] = time.monotonic()

    def taken(raw: Any, record: Any, _fairy: Any) -> None:
        if time.monotonic() - record.info.get("returned", time.monotonic()) < IDLE_SECONDS:
            return
        try:
            with raw.hurried():
                engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)


def _break_circuit_while_unavailable(engine: Engine) -> None:
    """Put a circuit breaker in front of new connections.

    Otherwise, during an outage, each request would block its thread until the connection timeout, and soon no thread
    would be free.
    """
    breaker = Breaker("database_away", "database_back")

    def connect(dialect: Any, _record: Any, args: Any, parameters: Any) -> Any:
        error: type[Exception] = dialect.dbapi.OperationalError
        if not breaker.allows():
            raise error("the server could not be reached a moment ago, and will be retried soon")
        try:
            connection = dialect.connect(*args, **parameters)
        except Exception as failure:
            breaker.failed(failure)
            raise
        breaker.succeeded()
        return connection

    event.listen(engine, "do_connect", connect)


def take_time(connection: Connection) -> None:
    """Keeps the lock timeout of a web request, because a job is retried."""
    raw: Any = connection.connection.dbapi_connection
    raw.take_time()
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    wait_for_client(connection)


def wait_for_client(connection: Connection) -> None:
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


@contextmanager
def without_waiting(connection: Connection) -> Iterator[None]:
    connection.execute(text("SET LOCAL lock_timeout = '1ms'"))  # 0 would mean no timeout
    yield


def take_turns(connection: Connection) -> None:
    take_time(connection)
    connection.execute(text(f"SET LOCAL lock_timeout = '{TURN}'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:migration)"), {"migration": MIGRATION})
    # If a table stays locked, the migration fails, instead of making all requests queue behind it.
    connection.execute(text(f"SET LOCAL lock_timeout = '{OPTIONS['lock_timeout']}'"))


def take_snapshot(connection: Connection) -> None:
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def exists(_url: URL) -> bool:
    return True  # connecting never creates a database


def connections(connection: Connection) -> tuple[int, int]:
    return POOL + OVERFLOW, int(connection.execute(text(ROOM)).scalar_one())


def last_given(connection: Connection, table: str) -> int | None:
    return connection.scalar(text(f"SELECT pg_sequence_last_value({SEQUENCE})"), {"table": table})


def continue_after(connection: Connection, table: str, last: int) -> None:
    values = {"table": table, "last": last}
    connection.execute(text(f"SELECT setval({SEQUENCE}, greatest(:last, nextval({SEQUENCE}) - 1))"), values)


def is_locked(error: DBAPIError) -> bool:
    return getattr(error.orig, "pgcode", None) == LOCK_NOT_AVAILABLE
