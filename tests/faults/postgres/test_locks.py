"""Locked rows and tables, and exhausted connections: a 503 within a deadline."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from alembic import command
from intermediate.db import SchemaInUseError, alembic_config, migrate, schema_state
from intermediate.engines import make_engine
from intermediate.models.base import Base
from tests.faults.postgres.conftest import SOON, TASK, is_told, run, titles
from tests.functional.conftest import make_api


@pytest.mark.parametrize("lock", ["SELECT id FROM tasks FOR UPDATE", "SELECT id FROM users ORDER BY id FOR UPDATE"])
def test_a_row_that_somebody_holds_is_not_waited_for_without_end(app: Any, outside: Any, lock: str) -> None:
    api = make_api(app)
    path = f"/api/tasks/{api.post_json('/api/tasks', TASK).json['id']}"
    began = time.monotonic()
    assert run(outside, lock) == 1
    other = make_api(app)
    is_told(api.patch_json(path, {"title": "two"}, status=503))
    other.post_json("/api/tasks", {"title": "of another owner"}, status=201)
    assert time.monotonic() - began < SOON
    outside.rollback()
    assert api.patch_json(path, {"title": "three"}, status=200).json["version"] == 2


@pytest.mark.parametrize("table", ["tasks", "users"])
def test_a_table_that_somebody_locks_is_not_waited_for_without_end(app: Any, outside: Any, table: str) -> None:
    api = make_api(app)
    api.post_json("/api/tasks", TASK, status=201)
    run(outside, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    asks: list[Callable[[], Any]] = [
        lambda: api.get("/api/tasks?q=one", status=503),
        lambda: api.post_json("/api/tasks", {"title": "locked out"}, status=503),
    ]
    for ask in asks:
        began = time.monotonic()
        is_told(ask())
        assert time.monotonic() - began < SOON
    assert api.get("/livez").json == {"status": "ok"}
    outside.rollback()
    api.post_json("/api/tasks", {"title": "two"}, status=201)
    assert titles(api) == ["two", "one"]


def test_a_migration_does_not_wait_without_end_for_a_table_that_somebody_locks(postgres_url: str, outside: Any) -> None:
    engine = make_engine(postgres_url)
    migrate(engine)
    config = alembic_config("")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    # Lock them as an open transaction that has read them. Which of them are changed depends on the newest migration.
    run(outside, f"LOCK TABLE {', '.join(Base.metadata.tables)} IN ACCESS SHARE MODE")
    began = time.monotonic()
    with pytest.raises(SchemaInUseError):
        migrate(engine)
    assert time.monotonic() - began < SOON
    assert schema_state(engine) == "behind"
    outside.rollback()
    migrate(engine)
    assert schema_state(engine) == "current"
    engine.dispose()


def test_a_pool_without_a_free_connection_is_not_waited_for_without_end(app: Any) -> None:
    api = make_api(app)
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(app.registry.engine.connect())
        began = time.monotonic()
        is_told(api.get("/api/tasks", status=503))
        is_told(api.post_json("/api/tasks", TASK, status=503))
        assert time.monotonic() - began < SOON
    assert titles(api) == []
