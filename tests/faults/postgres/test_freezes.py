"""A Postgres that freezes: a 503, soon, and what needs no database is answered as ever."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from webtest import TestApp

from intermediate.testing.contract import in_threads
from tests.faults.postgres.conftest import SOON, TASK, application, at, is_told, titles
from tests.functional.conftest import Api, make_api
from tests.services.postgres import Server
from tests.serving import Served, wait_until

THREADS = 8  # that development.ini gives the server


@pytest.fixture
def served(server: Server, tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_DATABASE_URL=server.url)
    yield served.start()
    served.stop()


@pytest.mark.parametrize("moment", ["UPDATE users", "COMMIT"])
def test_a_server_that_freezes_in_a_transaction_holds_the_request_for_some_seconds(
    server: Server, tmp_path: Path, moment: str
) -> None:
    with application(server.url, tmp_path) as app:
        api = make_api(app)
        began = time.monotonic()
        with at(app, moment, server.freeze):
            is_told(api.post_json("/api/tasks", TASK, status=503))
        assert time.monotonic() - began < SOON
        server.thaw()
        # A commit that was sent may be done when the server goes on. The client was told to look.
        assert titles(api) == [] or moment == "COMMIT"
        assert api.post_json("/api/tasks", TASK, status=201).json["tags"] == TASK["tags"]
        assert all(task["tags"] == TASK["tags"] for task in api.get("/api/tasks").json["items"])


def ask_for_tasks(api: Api) -> float:
    """For how many seconds a client waits to be told that the database is away."""
    began = time.monotonic()
    is_told(replace(api, app=TestApp(api.app.app)).get("/api/tasks", status=503))
    return time.monotonic() - began


def lives(api: Api) -> None:
    began = time.monotonic()
    assert api.get("/livez").json == {"status": "ok"}
    assert time.monotonic() - began < 3


def test_while_the_server_is_frozen_what_needs_no_database_is_answered(served: Served, server: Server) -> None:
    api = make_api(served.address)
    several = range(THREADS - 2)
    in_threads(*[lambda: titles(replace(api, app=TestApp(served.address))) for _ in several], patience=SOON)
    server.freeze()
    with ThreadPoolExecutor(len(several)) as threads:
        asked = [threads.submit(ask_for_tasks, api) for _ in several]
        while wait(asked, 0.1).not_done:
            lives(api)
        assert 1 < max(each.result() for each in asked) < SOON
    assert api.get("/healthz", status=503).json["checks"]["database"]["status"] == "unavailable"
    server.thaw()
    is_back(api)


def test_more_requests_than_threads_do_not_keep_a_frozen_server_from_being_left_alone(
    served: Served, server: Server
) -> None:
    api = make_api(served.address)
    server.freeze()
    over = Event()

    def insist() -> None:
        while not over.is_set():
            ask_for_tasks(api)

    with ThreadPoolExecutor(2 * THREADS) as threads:
        asked = [threads.submit(insist) for _ in range(2 * THREADS)]
        try:
            wait_until(lambda: "database_away" in served.log.read_text())
            began = time.monotonic()
            while time.monotonic() - began < 5:
                lives(api)
        finally:
            over.set()
        for each in asked:
            each.result()
    server.thaw()
    is_back(api)


def is_back(api: Api) -> None:
    wait_until(lambda: api.get("/healthz", status="*").status_int == 200)
    assert titles(api) == []
