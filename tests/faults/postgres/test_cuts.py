"""Postgres closes connections or crashes: at worst a 503, and no partial writes."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.postgres.conftest import CUT, TASK, application, at, is_told, run, titles
from tests.functional.conftest import make_api
from tests.services.postgres import Server


def test_idle_connections_that_are_cut_cost_no_request(app: Any, outside: Any) -> None:
    api = make_api(app)
    for number in range(3):
        assert run(outside, CUT) > 0
        outside.rollback()
        api.post_json("/api/tasks", {"title": str(number)}, status=201)
    assert titles(api) == ["2", "1", "0"]


@pytest.mark.parametrize("moment", ["UPDATE users", "COMMIT"])
def test_a_connection_that_is_cut_in_its_transaction_leaves_nothing_half_written(
    app: Any, outside: Any, moment: str
) -> None:
    api = make_api(app)
    with at(app, moment, lambda: run(outside, CUT)):
        is_told(api.post_json("/api/tasks", TASK, status=503))
    assert titles(api) == []
    assert api.post_json("/api/tasks", TASK, status=201).json["tags"] == TASK["tags"]
    assert titles(api) == ["one"]


@pytest.mark.parametrize("moment", ["UPDATE users", "COMMIT"])
def test_a_server_that_is_killed_in_a_transaction_is_used_again_when_it_is_back(
    server: Server, tmp_path: Path, moment: str
) -> None:
    with application(server.url, tmp_path) as app:
        api = make_api(app)
        with at(app, moment, server.kill):
            is_told(api.post_json("/api/tasks", TASK, status=503))
        is_told(api.get("/api/tasks", status=503))
        assert api.get("/livez").json == {"status": "ok"}
        server.start()
        assert titles(api) == []
        api.post_json("/api/tasks", TASK, status=201)
        assert titles(api) == ["one"]
