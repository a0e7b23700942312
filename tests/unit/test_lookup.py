"""Fast lookup of a row by key: the same row and errors as with SQLAlchemy, and no dead connections."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, column, insert, literal_column, select, table, text
from sqlalchemy.exc import DBAPIError

from intermediate import db
from intermediate.engines import make_engine, postgres
from intermediate.lookup import Lookup
from intermediate.models import User

users: Any = User.__table__
QUERY = select(users.c.id, users.c.email, users.c.is_active, users.c.created_at).where(
    users.c.email == bindparam("email"), users.c.role == literal_column("'user'")
)


WORD: Any = select(bindparam("word"))


@pytest.fixture
def filled(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    db.migrate(engine)
    with engine.begin() as connection:
        connection.execute(insert(users).values(email="a@example.com"))
    yield engine
    engine.dispose()


@pytest.fixture
def pool(postgres_url: str) -> Iterator[Engine]:
    """A Postgres engine with two connections in the pool, whatever the tests run on."""
    engine = make_engine(postgres_url)
    with engine.connect() as one, engine.connect() as other:
        assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1"))
    yield engine
    engine.dispose()


def end_all_connections(url: str) -> None:
    outside = make_engine(url)
    with outside.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    outside.dispose()


def test_it_gives_what_sqlalchemy_gives(filled: Engine) -> None:
    with filled.connect() as connection:
        expected = connection.execute(QUERY, {"email": "a@example.com"}).one()
    assert Lookup(filled, QUERY, "email")("a@example.com") == [*expected]
    assert Lookup(filled, QUERY, "email")("b@example.com") is None


def test_it_leaves_no_transaction_open(filled: Engine) -> None:
    lookup = Lookup(filled, QUERY, "email")
    lookup("a@example.com")
    with filled.begin() as connection:
        connection.execute(insert(users).values(email="b@example.com"))
    assert lookup("b@example.com")


def test_a_database_that_fails_is_sqlalchemys_error(filled: Engine) -> None:
    with filled.begin() as connection:
        connection.execute(text("ALTER TABLE users RENAME TO others"))
    with pytest.raises(DBAPIError):
        Lookup(filled, QUERY, "email")("a@example.com")


def test_connections_that_died_while_in_use_are_replaced(pool: Engine, postgres_url: str) -> None:
    lookup = Lookup(pool, WORD, "word")
    end_all_connections(postgres_url)
    assert lookup("hello") == ["hello"]
    with pool.connect() as one, pool.connect() as other:
        assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1"))


def test_connections_that_died_while_idle_are_replaced(
    pool: Engine, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "IDLE_SECONDS", 0.0)
    end_all_connections(postgres_url)
    with pool.connect() as one, pool.connect() as other:
        assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1"))


def test_after_a_failure_a_connection_still_begins_transactions(pool: Engine) -> None:
    missing: Any = select(table("missing", column("word"))).where(column("word") == bindparam("word"))
    lookup = Lookup(pool, missing, "word")
    for _ in range(2):
        with pytest.raises(DBAPIError):
            lookup("hello")
    with pool.begin() as connection:
        connection.execute(text("CREATE TABLE things (word text)"))
    with pool.connect() as one, pool.connect() as other:
        for connection in (one, other):
            connection.execute(text("INSERT INTO things VALUES ('one')"))
            connection.rollback()
            assert connection.scalar(text("SELECT count(*) FROM things")) == 0
