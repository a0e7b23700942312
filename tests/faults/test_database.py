"""The database can be reached but not used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from webtest import TestApp

from tests.functional.conftest import health, make_api
from tests.functional.test_tasks import log_in
from tests.serving import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served.start()
    served.stop()


def run(served: Served, statement: str) -> None:
    with closing(sqlite3.connect(served.database)) as connection, connection:
        connection.execute(statement)


def test_an_unusable_database_is_told_and_comes_back_without_a_restart(served: Served) -> None:
    api, browser = make_api(served.address), TestApp(served.address)
    log_in(browser, api)
    run(served, "ALTER TABLE sessions RENAME TO elsewhere")
    answer = api.get("/api/tasks", status=503)
    assert answer.json["code"] == "database_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert "sessions" not in answer
    page = browser.get("/notes", status=503)
    assert "Back in a moment" in page
    assert "<html" in page
    assert api.get("/livez").json == {"status": "ok"}

    run(served, "ALTER TABLE elsewhere RENAME TO sessions")
    api.get("/api/tasks", status=200)
    browser.get("/notes", status=200)


def test_a_schema_that_is_behind_is_told(served: Served) -> None:
    api = make_api(served.address)
    health(api, "status", "ok")
    run(served, "UPDATE alembic_version SET version_num = '0000'")
    assert health(api, "schema", "schema_behind")["status"] == "unavailable"
    health(api, "database", "ok")
