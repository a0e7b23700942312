"""Exports that fail midway: the client can tell from the end of the response, and the connection is released."""

import http.client
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.functional.conftest import Api, make_api
from tests.services import or_skip
from tests.services.postgres import own_server
from tests.serving import Served, wait_until

ROWS = 6000
SOON = 30.0  # the driver itself would wait without a timeout
LENGTH = 10_000  # 60 MB in total: more than server and kernel buffer for a client that does not read
CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
HELD = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
)


@pytest.fixture
def outside(postgres_url: str) -> Iterator[Any]:
    with closing(psycopg2.connect(postgres_url)) as connection:
        connection.autocommit = True
        yield connection


@contextmanager
def exporting(url: str, folder: Path) -> Iterator[tuple[Api, str]]:
    """An account with a large amount of text, in a served application with this database."""
    served = Served(folder, INTERMEDIATE_DATABASE_URL=url)
    api = make_api(served.start().address)
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks"
            " (owner_id, title, description, status, priority, search, created_at, updated_at, version)"
            " SELECT %s, 'x', repeat('y', %s), 'pending', 'normal', '', now(), now(), 1 FROM generate_series(1, %s)",
            (api.user_id, LENGTH, ROWS),
        )
    try:
        yield api, served.address
    finally:
        served.stop()


@pytest.fixture
def exporter(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Api, str]]:
    with exporting(postgres_url, tmp_path) as exporter:
        yield exporter


def begin(api: Api, address: str, form: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """Start an export, and read only its beginning."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", f"/api/tasks/export?format={form}", headers={"Authorization": f"Bearer {api.token}"})
    response = connection.getresponse()
    assert response.status == 200
    assert len(response.read(1000)) == 1000
    return connection, response


def held(outside: Any) -> int:
    with outside.cursor() as cursor:
        cursor.execute(HELD)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_a_database_that_fails_midway_breaks_the_answer_off(exporter: tuple[Api, str], outside: Any, form: str) -> None:
    connection, response = begin(*exporter, form)
    with closing(connection):
        assert held(outside) >= 1
        with outside.cursor() as cursor:
            cursor.execute(CUT)
        with pytest.raises(http.client.IncompleteRead) as broken:
            response.read()
        assert 0 < len(broken.value.partial) < ROWS * LENGTH
        assert not broken.value.partial.endswith((b"\n", b"]"))
    whole = exporter[0].get(f"/api/tasks/export?format={form}")
    assert len(whole.body) > ROWS * LENGTH
    assert whole.body.endswith(b"\n")


def test_a_database_that_freezes_midway_breaks_the_answer_off_soon(tmp_path: Path) -> None:
    with or_skip(own_server()) as server, exporting(server.url, tmp_path) as exporter:
        connection, response = begin(*exporter, "csv")
        with closing(connection):
            server.freeze()
            began = time.monotonic()
            with pytest.raises(http.client.IncompleteRead):
                response.read()
            assert time.monotonic() - began < SOON
            server.thaw()
        assert exporter[0].get("/livez").json == {"status": "ok"}


def test_a_client_that_goes_away_leaves_no_connection_behind(exporter: tuple[Api, str], outside: Any) -> None:
    connection, response = begin(*exporter, "csv")
    assert held(outside) >= 1
    response.close()
    connection.close()
    wait_until(lambda: held(outside) == 0)
