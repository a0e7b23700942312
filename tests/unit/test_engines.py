"""The supported databases, and their limits on the length of a transaction."""

import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS
from sqlalchemy import Connection, Engine, bindparam, column, delete, insert, select, table, text
from sqlalchemy.exc import DBAPIError, OperationalError

import intermediate
from intermediate.engines import close, make_engine, take_time, wait_for_client
from intermediate.plugins import ConfigurationError

KEPT_ALIVE = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not an SQLAlchemy URL"),
        ("mysql://localhost/x", "starts with 'mysql'"),
        ("sqlite://", "names no file"),
        ("postgresql://localhost/x?connect_timeout=soon", "connect_timeout is 'soon'"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_in_one_line(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as refusal:
        make_engine(url)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_error_tells_no_value(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Errors are logged, and values include session ids and password hashes."""
    engine = make_engine(request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path}/x")
    wrong = {"sqlite": "abs(-9223372036854775807 - 1)", "postgres": "1 / 0"}[kind]  # occurs only on execution
    with pytest.raises(DBAPIError) as failure, engine.connect() as connection:
        connection.execute(text(f"SELECT :value WHERE {wrong} > 0"), {"value": "a secret"}).all()
    close(engine)
    assert wrong in str(failure.value)
    assert "a secret" not in str(failure.value)


def test_a_driver_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "intermediate.engines.postgres_wire", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'intermediate\[postgres\]'"):
        make_engine("postgresql://localhost/x")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgres_has_several_names(scheme: str) -> None:
    assert make_engine(f"{scheme}://localhost/x").driver == "psycopg2"


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """An engine with a statement timeout of three seconds."""
    engine = make_engine(f"{postgres_url}?options=-c%20statement_timeout%3D3s")
    yield engine
    engine.dispose()


def patience(connection: Connection) -> float | None:
    raw: Any = connection.connection.dbapi_connection
    return float(raw.patience) if raw.patience else None


def shown(connection: Connection, *names: str) -> list[str]:
    return [connection.scalar(text(f"SHOW {name}")) for name in names]


def test_no_client_waits_long_for_postgres(engine: Engine) -> None:
    with engine.connect() as connection:
        assert shown(connection, "application_name", *TIMEOUTS) == ["intermediate", "3s", "2s", "10s"]
        assert patience(connection) == 3.5
        with pytest.raises(OperationalError, match=r"statement timeout|has not answered"):
            connection.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_transaction_that_takes_its_time_leaves_no_trace_of_it(engine: Engine, ending: str) -> None:
    with engine.connect() as connection:
        take_time(connection)
        assert shown(connection, *TIMEOUTS) == ["0", "2s", "0"]
        assert patience(connection) is None
        connection.execute(text("SELECT pg_sleep(4)"))
        getattr(connection, ending)()
        assert shown(connection, *TIMEOUTS) == ["3s", "2s", "10s"]
        assert patience(connection) == 3.5


def test_a_transaction_that_waits_for_a_client_does_not_wait_for_the_server(engine: Engine) -> None:
    with engine.begin() as connection:
        wait_for_client(connection)
        assert shown(connection, *TIMEOUTS) == ["3s", "2s", "0"]
        assert patience(connection) == 3.5


def test_a_host_of_postgres_that_is_gone_is_noticed(engine: Engine) -> None:
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        with socket.socket(fileno=os.dup(raw.fileno())) as copy:
            found = [copy.getsockopt(socket.IPPROTO_TCP, option) for option in KEPT_ALIVE]
    assert found == [30, 10, 3]


def test_a_server_without_a_limit_is_waited_for_without_one(postgres_url: str) -> None:
    engine = make_engine(f"{postgres_url}?connect_timeout=0&options=-c%20statement_timeout%3D0")
    with engine.connect() as connection:
        assert patience(connection) is None
    engine.dispose()


TABLE = table("things", column("word"))
WORDS = select(TABLE.c.word)
A_WORD = insert(TABLE).values(word="one")


@pytest.fixture
def things(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (word text)"))
    return engine


def has_begun(connection: Connection) -> bool:
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.info.transaction_status == TRANSACTION_STATUS_INTRANS)


def test_what_only_reads_begins_no_transaction_on_postgres(things: Engine) -> None:
    with things.connect() as connection:
        assert connection.scalars(WORDS).all() == []
        assert not has_begun(connection)
        assert patience(connection) == 3.5


@pytest.mark.parametrize(
    "statement",
    [
        A_WORD,
        A_WORD.returning(TABLE.c.word),
        WORDS.with_for_update(),
        WORDS.execution_options(yield_per=10),
        select(A_WORD.returning(TABLE.c.word).cte()),
        text("SELECT word FROM things"),
    ],
    ids=["insert", "returning", "lock", "stream", "with", "text"],
)
def test_all_else_begins_one_which_reads_then_join(things: Engine, statement: Any) -> None:
    with things.connect() as connection:
        connection.execute(WORDS)
        connection.execute(statement).close()
        assert has_begun(connection)
        connection.execute(WORDS)
        assert has_begun(connection)
        connection.rollback()
        assert connection.scalars(WORDS).all() == []


def test_many_rows_at_once_begin_a_transaction(things: Engine) -> None:
    with things.connect() as connection:
        for statement in (insert(TABLE), delete(TABLE).where(TABLE.c.word == bindparam("word"))):
            connection.execute(WORDS)
            connection.execute(statement, [{"word": "one"}, {"word": "two"}])
            assert has_begun(connection)
            connection.rollback()
        assert connection.scalars(WORDS).all() == []


@pytest.mark.parametrize("held_before", [True, False], ids=["held at the end", "taken after the end"])
def test_a_connection_that_is_given_back_after_the_end_is_closed(tmp_path: Path, held_before: bool) -> None:
    """For example by a thread that still runs a health check when the application ends."""
    engine = make_engine(f"sqlite:///{tmp_path}/x.sqlite")
    held = engine.raw_connection() if held_before else None
    close(engine)
    held = held or engine.raw_connection()
    driver = held.driver_connection
    assert driver
    held.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")


def test_an_application_that_ends_closes_what_its_threads_still_hold(registry: Any) -> None:
    held = registry.engine.raw_connection()
    driver = held.driver_connection
    intermediate.close(registry.app)
    held.close()
    with pytest.raises(registry.engine.dialect.loaded_dbapi.Error, match="closed"):
        driver.cursor().execute("SELECT 1")
