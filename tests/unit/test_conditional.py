"""The cost of a response that the client already has."""

from typing import Any

import pytest
from sqlalchemy import event
from webtest import TestApp

from intermediate.logins import named_tokens
from intermediate.scripting import request_for


@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks?q=x&sort=title", "/api/tasks/stats"])
def test_a_list_that_a_client_has_costs_nothing_but_knowing_who_asks(
    registry: Any, owner: int, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with request_for(registry) as request:
        token = named_tokens.make(request.db, owner, "a program", None)
    client, headers = TestApp(registry.app), {"Authorization": f"Bearer {token}"}
    client.get(path, headers=headers, status=200)  # from now on the use of the token is recorded
    monkeypatch.setattr("intermediate.reads.time.time", lambda: 1_700_000_000.0)
    tag = client.get(path, headers=headers, status=200).headers["ETag"]
    asked: list[str] = []  # the lookup of the caller bypasses the engine's events
    looked: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "jobs" not in statement and "task_reports" not in statement:  # queries of the queue's threads
            asked.append(statement)

    monkeypatch.setattr(registry.cache, "get_or_create", lambda *args: looked.append(args))
    event.listen(registry.engine, "before_cursor_execute", note)
    client.get(path, headers={**headers, "If-None-Match": tag}, status=304)
    event.remove(registry.engine, "before_cursor_execute", note)
    assert looked == []
    assert asked == []


def test_statistics_that_a_client_has_hold_for_as_long_as_an_entry_of_the_cache(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with request_for(registry) as request:
        token = named_tokens.make(request.db, owner, "a program", None)
    headers, seconds = {"Authorization": f"Bearer {token}"}, registry.app_settings.cache.ttl_seconds

    def tag(path: str, now: float) -> str:
        monkeypatch.setattr("intermediate.reads.time.time", lambda: now)
        found: str = TestApp(registry.app).get(path, headers=headers, status=200).headers["ETag"]
        return found

    start = 1_700_000_000 // seconds * seconds
    assert tag("/api/tasks/stats", start) == tag("/api/tasks/stats", start + seconds - 0.1)
    assert tag("/api/tasks/stats", start) != tag("/api/tasks/stats", start + seconds)
    assert tag("/api/tasks", start) == tag("/api/tasks", start + 10 * seconds)
