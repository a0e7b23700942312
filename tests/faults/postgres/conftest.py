"""A Postgres server for fault tests, an application that uses it, and requests to that."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event, text

import intermediate
from tests.functional.conftest import Api
from tests.services import or_skip
from tests.services.postgres import Server, own_server

SOON = 30.0  # enough for a machine that stalls; a wait without a timeout would never end
CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
TASK = {"title": "one", "tags": ["a", "b"]}


@contextmanager
def application(url: str, folder: Path) -> Iterator[Any]:
    settings = {"database.url": url, "database.migrate": "true", "jobs.local.threads": "0"}
    settings |= {"session.secure_cookie": "false"}
    app = intermediate.main({"here": str(folder)}, **settings)
    yield app
    intermediate.close(app)


@pytest.fixture
def app(postgres_url: str, tmp_path: Path) -> Iterator[Any]:
    with application(postgres_url, tmp_path) as app:
        yield app


@pytest.fixture
def server() -> Iterator[Server]:
    """A Postgres server that the test may damage."""
    with or_skip(own_server()) as server:
        yield server


@pytest.fixture
def outside(postgres_url: str) -> Iterator[Any]:
    """A connection from outside the application."""
    connection = psycopg2.connect(postgres_url)
    yield connection
    connection.close()


def run(outside: Any, statement: str) -> int:
    """Run a statement in a transaction that stays open, and return the number of rows."""
    with outside.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def waiting(app: Any) -> int:
    """Return how many transactions wait for a lock."""
    with app.registry.engine.connect() as connection:
        return int(connection.scalar(text(WAITING)))


def is_told(answer: Any) -> None:
    """Assert that the response tells the client to retry."""
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["code"].endswith("_unavailable")


def titles(api: Api) -> list[str]:
    return [task["title"] for task in api.get("/api/tasks", status=200).json["items"]]


@contextmanager
def at(app: Any, moment: str, harm: Callable[[], object]) -> Iterator[None]:
    """Call `harm` once: after a task was written, before a statement that begins with `moment` is sent."""
    engine = app.registry.engine
    wrote: list[str] = []
    harmed: list[object] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if wrote and not harmed and statement.startswith(moment):
            harmed.append(harm())
        if "INSERT INTO tasks" in statement:  # with its tags, in one statement
            wrote.append(statement)

    def on_commit(_connection: Any) -> None:
        on_statement(None, None, "COMMIT")

    with ExitStack() as stack:
        for name, listener in (("before_cursor_execute", on_statement), ("commit", on_commit)):
            event.listen(engine, name, listener)
            stack.callback(event.remove, engine, name, listener)
        yield
    assert harmed
