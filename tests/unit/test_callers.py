"""Identification of the caller of a request, and its cost in queries."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event, func, select, text, update
from webtest import TestApp

from intermediate.engines import postgres, sqlite
from intermediate.logins import families, named_tokens
from intermediate.lookup import Lookup
from intermediate.models import LoginSession, User
from intermediate.models.base import utcnow
from intermediate.scripting import request_for
from tests.unit.conftest import MakeApp, make_owner

MARA = {"X-Remote-User": "mara@example.com"}
HERE = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def proxied(make_registry: MakeApp) -> Any:
    """The registry of an application behind a proxy that authenticates users."""
    return make_registry(auth__backend="remote_user", session__secure_cookie="false")


@contextmanager
def statements(registry: Any) -> Iterator[list[str]]:
    """Record the queries for accounts and logins. Threads of the queue query jobs at the same time."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "users" in statement or "sessions" in statement:
            asked.append(statement)

    run = Lookup._run

    def look_up(lookup: Lookup, *args: Any) -> Any:
        note(None, None, lookup._sql)
        return run(lookup, *args)

    event.listen(registry.engine, "before_cursor_execute", note)
    with patch.object(Lookup, "_run", look_up):
        yield asked
    event.remove(registry.engine, "before_cursor_execute", note)


def make_token(registry: Any, owner: int, lifetime: timedelta | None = None) -> str:
    with request_for(registry) as request:
        return named_tokens.make(request.db, owner, "a program", lifetime)


def use(registry: Any, token: str, status: int = 200) -> None:
    TestApp(registry.app).get("/api/jobs", headers={"Authorization": f"Bearer {token}"}, status=status)


def change(registry: Any, **values: Any) -> None:
    with request_for(registry) as request:
        request.db.execute(update(LoginSession).values(**values))


def seen_at(registry: Any) -> Any:
    with request_for(registry) as request:
        return request.db.scalar(select(LoginSession.seen_at))


def test_a_known_address_costs_one_query(proxied: Any) -> None:
    browser = TestApp(proxied.app, HERE)
    browser.get("/", headers=MARA, status=200)
    with statements(proxied) as asked:
        browser.get("/", headers=MARA, status=200)
    assert [statement.split()[0] for statement in asked] == ["SELECT"]


def test_nobody_costs_none(proxied: Any) -> None:
    with statements(proxied) as asked:
        TestApp(proxied.app, HERE).get("/", status=200)
        TestApp(proxied.app, {"REMOTE_ADDR": "203.0.113.9"}).get("/", headers=MARA, status=200)
    assert asked == []


def test_a_request_in_which_others_made_the_account_uses_theirs(proxied: Any) -> None:
    def come(_number: int) -> None:
        TestApp(proxied.app, HERE).get("/notes", headers=MARA, status=200)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come, range(16)))
    with request_for(proxied) as request:
        assert request.db.scalar(select(func.count()).select_from(User)) == 1


def test_an_account_that_is_switched_off_is_nobody(proxied: Any) -> None:
    browser = TestApp(proxied.app, HERE)
    browser.get("/notes", headers=MARA, status=200)
    with request_for(proxied) as request:
        request.db.execute(update(User).values(is_active=False))
    assert "your account has been switched off" in browser.get("/notes", headers=MARA, status=403)


def test_a_token_costs_one_query_and_now_and_then_a_write(registry: Any, owner: int) -> None:
    token = make_token(registry, owner)
    kinds = []
    for _ in range(3):
        with statements(registry) as asked:
            use(registry, token)
        kinds.append([statement.split()[0] for statement in asked])
    assert kinds == [["SELECT", "UPDATE"], ["SELECT"], ["SELECT"]]
    earlier = utcnow() - families.SEEN_EVERY
    change(registry, seen_at=earlier)
    use(registry, token)
    assert seen_at(registry) > earlier


def test_a_use_is_not_held_up_by_who_writes(make_registry: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", "busy_timeout=60000")
    monkeypatch.setattr(postgres, "OPTIONS", dict.fromkeys(postgres.OPTIONS, "60s"))
    registry = make_registry()
    token = make_token(registry, make_owner(registry))
    before = seen_at(registry)
    with registry.engine.connect() as other:
        other.execute(text("UPDATE sessions SET kind = kind"))
        began = time.monotonic()
        use(registry, token)
        assert time.monotonic() - began < 30
        other.rollback()
    assert seen_at(registry) == before
    use(registry, token)
    assert seen_at(registry) > before


def test_a_token_ends_when_it_says(registry: Any, owner: int) -> None:
    token = make_token(registry, owner, timedelta(days=30))
    use(registry, token)
    change(registry, expires_at=utcnow() - timedelta(seconds=1))
    use(registry, token, status=401)
    change(registry, expires_at=None)
    use(registry, token)


def test_a_token_is_not_in_the_database(registry: Any, owner: int) -> None:
    secret = make_token(registry, owner).removeprefix(named_tokens.PREFIX)
    with request_for(registry) as request:
        row = request.db.scalars(select(LoginSession)).one()
        assert not [value for value in vars(row).values() if secret in str(value)]


def test_a_token_of_an_account_that_is_switched_off_is_refused(registry: Any, owner: int) -> None:
    token = make_token(registry, owner)
    with request_for(registry) as request:
        request.db.execute(update(User).values(is_active=False))
    use(registry, token, status=401)
