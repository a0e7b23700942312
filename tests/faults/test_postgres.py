"""A Postgres that locks, hangs up, or is asked the same thing at once."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import make_url
from webtest import TestApp

import intermediate
from intermediate.testing.contract import in_threads
from tests.functional.conftest import PASSWORD, make_api, new_email

SOON = 10.0


@pytest.fixture
def app(postgres_url: str, tmp_path: Path) -> Iterator[Any]:
    app = intermediate.main({"here": str(tmp_path)}, **{"database.url": postgres_url, "database.migrate": "true"})
    yield app
    intermediate.close(app)


@pytest.fixture
def outside(postgres_url: str) -> Iterator[Any]:
    """A connection that is not the application's."""
    url = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(url)
    yield connection
    connection.close()


@pytest.mark.parametrize("table", ["tasks", "users"])
def test_a_row_that_somebody_holds_is_not_waited_for_without_end(app: Any, outside: Any, table: str) -> None:
    api, other = make_api(app), make_api(app)
    path = f"/api/tasks/{api.post_json('/api/tasks', {'title': 'one'}).json['id']}"
    began = time.monotonic()
    with outside.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE id = (SELECT min(id) FROM {table}) FOR UPDATE")
        answer = api.patch_json(path, {"title": "two"}, status=503)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.content_type == "application/problem+json"
        other.post_json("/api/tasks", {"title": "of another owner"}, status=201)
    assert time.monotonic() - began < SOON
    outside.rollback()
    assert api.patch_json(path, {"title": "three"}, status=200).json["version"] == 2


def test_connections_that_are_cut_cost_no_request(app: Any, outside: Any) -> None:
    api = make_api(app)
    for number in range(3):
        with outside, outside.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.rowcount > 0
        api.post_json("/api/tasks", {"title": str(number)}, status=201)
    assert api.get("/api/tasks").json["total"] == 3


def test_one_of_many_who_register_an_address_at_once_gets_it(app: Any) -> None:
    body = {"email": new_email(), "password": PASSWORD}

    def register() -> int:
        status: int = TestApp(app).post_json("/api/auth/register", body, status="*").status_int
        return status

    assert Counter(in_threads(*[register] * 12, patience=30)) == {201: 1, 409: 11}
