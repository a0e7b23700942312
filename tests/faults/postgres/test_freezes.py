"""Postgres hangs: a 503 within a deadline, and requests that need no database still work."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from webtest import TestApp

from intermediate.testing.contract import in_threads
from tests.faults.postgres.conftest import SOON, TASK, application, at, is_told, titles
from tests.functional.conftest import Api, make_api
from tests.services.postgres import Server
from tests.serving import Served, wait_until

THREADS = 8  # as in development.ini
HELD_SECONDS = 300
MANY = 300  # responses. A thread that waits for the server completes at most one every two seconds.


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
        # A commit that was sent may be executed when the server resumes. The client was told to check.
        assert titles(api) == [] or moment == "COMMIT"
        assert api.post_json("/api/tasks", TASK, status=201).json["tags"] == TASK["tags"]
        assert all(task["tags"] == TASK["tags"] for task in api.get("/api/tasks").json["items"])


def metric(api: Api, name: str) -> float:
    [found] = re.findall(rf"^{name} (\S+)$", TestApp(api.app.app).get("/metrics").text, re.MULTILINE)
    return float(found)


def lives(api: Api) -> None:
    assert api.get("/livez").json == {"status": "ok"}


def test_while_the_server_is_frozen_what_needs_no_database_is_answered(server: Server, tmp_path: Path) -> None:
    """Requests that need the database are held for the duration of the test."""
    patience = f"connect_timeout={HELD_SECONDS}&options=-c%20statement_timeout%3D{HELD_SECONDS}s"
    served = Served(tmp_path, INTERMEDIATE_DATABASE_URL=f"{server.url}?{patience}")
    api = make_api(served.start().address)
    several = [partial(titles, replace(api, app=TestApp(served.address))) for _ in range(THREADS - 2)]
    in_threads(*several, patience=SOON)
    server.freeze()
    with ThreadPoolExecutor(len(several)) as threads:
        asked = [threads.submit(ask) for ask in several]
        try:
            # Each holds a connection, and so do the two queries of /metrics for the ledger.
            wait_until(lambda: metric(api, "intermediate_database_pool_checked_out") >= len(several) + 2)
            for _ in range(10):
                lives(api)
            assert api.get("/healthz", status=503).json["checks"]["database"]["status"] == "unavailable"
            assert not any(each.done() for each in asked)
        finally:
            server.thaw()
        assert [each.result() for each in asked] == [[]] * len(several)
    is_back(api)
    served.stop()


def test_more_requests_than_threads_do_not_keep_a_frozen_server_from_being_left_alone(
    server: Server, tmp_path: Path
) -> None:
    served = Served(tmp_path, INTERMEDIATE_DATABASE_URL=server.url)
    api = make_api(served.start().address)
    server.freeze()
    over = Event()
    told: list[Any] = []

    def insist() -> None:
        while not over.is_set():
            told.append(replace(api, app=TestApp(api.app.app)).get("/api/tasks", status=503))

    with ThreadPoolExecutor(2 * THREADS) as threads:
        asked = [threads.submit(insist) for _ in range(2 * THREADS)]
        try:
            wait_until(lambda: "database_away" in served.log.read_text())
            before = len(told)
            wait_until(lambda: len(told) > before + MANY)
            lives(api)
        finally:
            over.set()
        for each in asked:
            each.result()
    for answer in told:
        is_told(answer)
    server.thaw()
    is_back(api)
    served.stop()


def is_back(api: Api) -> None:
    wait_until(lambda: api.get("/healthz", status="*").status_int == 200)
    assert titles(api) == []
