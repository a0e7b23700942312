"""Logins: which are listed, and when their use is noted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from intermediate.logins import families
from intermediate.models import LoginSession
from intermediate.models.base import utcnow
from intermediate.scripting import request_for

HOUR = timedelta(hours=1)


def add(registry: Any, owner: int, row_id: str, family: str = "", kind: str = "site", **values: Any) -> None:
    row = {
        "id": row_id,
        "user_id": owner,
        "kind": kind,
        "family": family or row_id,
        "expires_at": utcnow() + HOUR,
    } | values
    with registry.engine.begin() as connection:
        connection.execute(insert(LoginSession).values(row))


def listed(registry: Any, owner: int) -> list[tuple[str, str]]:
    with request_for(registry) as request:
        return [(login.family, login.kind) for login in families.listed(request.db, owner)]


def seen_at(registry: Any, name: str) -> datetime:
    with registry.engine.connect() as connection:
        return connection.scalar(select(LoginSession.seen_at).where(LoginSession.id == name))


def test_a_login_is_listed_once_however_often_it_was_refreshed(registry: Any, owner: int) -> None:
    earlier = utcnow() - 2 * HOUR
    add(registry, owner, "a", "a", "api", rotated_at=utcnow(), created_at=earlier, seen_at=earlier)
    add(registry, owner, "b", "a", "api", created_at=earlier + HOUR, seen_at=earlier + HOUR)
    add(registry, owner, "c")
    assert listed(registry, owner) == [("c", "site"), ("a", "api")]
    with request_for(registry) as request:
        [_, api] = families.listed(request.db, owner)
        assert (api.created_at, api.seen_at) == (earlier, earlier + HOUR)


def test_what_is_over_is_not_listed(registry: Any, owner: int) -> None:
    add(registry, owner, "old", expires_at=utcnow() - HOUR)
    add(registry, owner, "spent", kind="api", rotated_at=utcnow())
    add(registry, owner, "named", kind="token", name="a program")
    assert listed(registry, owner) == []


@pytest.mark.parametrize(("first", "ago", "noted"), [(False, 1, False), (True, 1, True), (False, 6, True)])
def test_a_use_is_noted_now_and_then(registry: Any, owner: int, first: bool, ago: int, noted: bool) -> None:
    before = utcnow() - timedelta(minutes=ago)
    add(registry, owner, "a", seen_at=before)
    families.seen(registry.engine, "a", before, first=first)
    assert (seen_at(registry, "a") > before) == noted


def test_a_browser_that_comes_back_is_seen(registry: Any, owner: int) -> None:
    before = utcnow() - HOUR
    add(registry, owner, "a", seen_at=before, created_at=before)
    with request_for(registry) as request:
        request.surface = "site"
        request.session["sid"] = "a"
        assert request.identity
        assert request.identity.user_id == owner
    assert seen_at(registry, "a") > before
    with registry.engine.begin() as connection:
        connection.execute(update(LoginSession).values(seen_at=before, expires_at=before))
    with request_for(registry) as request:
        request.surface = "site"
        request.session["sid"] = "a"
        assert request.identity is None
    assert seen_at(registry, "a") == before
