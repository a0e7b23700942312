"""A client that does not know the outcome of a request repeats it with the same idempotency key."""

import http.client
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, make_api
from tests.services import postgres
from tests.serving import Served, wait_until

TASK = {"title": "Once"}
KEYS, AT_ONCE = 12, 6


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.stop()


@contextmanager
def sent(api: Api, served: Served, key: str) -> Iterator[http.client.HTTPConnection]:
    """Send a request whose response the client never reads."""
    with closing(http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=30)) as connection:
        headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        connection.request("POST", "/api/tasks", json.dumps(TASK), headers)
        yield connection


def repeat(api: Api, key: str) -> Any:
    return api.post_json("/api/tasks", TASK, headers={"Idempotency-Key": key}, status=201).json


def total(api: Api) -> int:
    return int(api.get("/api/tasks").json["total"])


def test_a_request_that_died_with_its_server_is_carried_out_when_it_is_sent_again(served: Served) -> None:
    api = make_api(served.start().address)
    with closing(sqlite3.connect(served.database, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        with sent(api, served, "k"):
            served.kill()
    served.start()
    assert total(api) == 0
    assert repeat(api, "k") == repeat(api, "k")
    assert total(api) == 1


def test_a_request_whose_answer_was_lost_is_not_carried_out_again(served: Served) -> None:
    api = make_api(served.start().address)
    with sent(api, served, "k"):
        wait_until(lambda: total(api) == 1)
    [made] = api.get("/api/tasks").json["items"]
    served.kill()
    served.start()
    assert repeat(api, "k") == made
    assert total(api) == 1


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Served]]:
    """Two servers with one database."""
    with _database(request, tmp_path) as url:
        servers = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            servers.append(Served(tmp_path / name, INTERMEDIATE_DATABASE_URL=url))
        try:
            yield [server.start() for server in servers]
        finally:
            for server in servers:
                server.stop()


@contextmanager
def _database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder}/shared.sqlite"
        return
    with postgres.fresh(request.getfixturevalue("postgres_server")) as url:
        yield url


def test_of_requests_at_once_to_two_servers_one_is_carried_out(shared: list[Served]) -> None:
    api = make_api(shared[0].address)
    barrier = Barrier(AT_ONCE)

    def post(number: int) -> list[tuple[int, bytes]]:
        client, answers = replace(api, app=TestApp(shared[number % 2].address)), []
        for key in range(KEYS):
            barrier.wait(30)
            answer = client.post_json("/api/tasks", TASK, headers={"Idempotency-Key": f"k{key}"}, expect_errors=True)
            answers.append((answer.status_int, answer.body))
        return answers

    with ThreadPoolExecutor(AT_ONCE) as threads:
        by_client = list(threads.map(post, range(AT_ONCE)))
    for answers in zip(*by_client, strict=True):
        assert Counter(answers) == {answers[0]: AT_ONCE}
        assert answers[0][0] == 201
    assert total(api) == KEYS
