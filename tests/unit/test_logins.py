"""Logins: which are listed, and when their use is recorded."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from intermediate.logins import families, sessions
from intermediate.models import LoginSession
from intermediate.models.base import utcnow
from intermediate.scripting import request_for
from intermediate.testing.contract import in_threads
from tests.unit.conftest import make_owner

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


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> int:
    """A low limit for the number of logins."""
    monkeypatch.setattr(families, "MOST", 3)
    return 3


def start(registry: Any, owner: int) -> None:
    with request_for(registry) as request:
        sessions.start_tokens(request, owner)


def kept(registry: Any) -> set[str]:
    with registry.engine.connect() as connection:
        return set(connection.scalars(select(LoginSession.id)))


def test_of_too_many_logins_those_used_longest_ago_are_ended(registry: Any, owner: int, most: int) -> None:
    now = utcnow()
    for number in range(most + 2):
        add(registry, owner, f"api {number}", kind="api", seen_at=now - number * HOUR)
        add(registry, owner, f"site {number}", seen_at=now - number * HOUR)
        add(registry, owner, f"token {number}", kind="token", name=f"{number}", seen_at=now - number * HOUR)
        add(registry, make_owner(registry, f"{number}@example.com"), f"other {number}", kind="api")
    before = kept(registry)
    start(registry, owner)
    assert before - kept(registry) == {"api 2", "api 3", "api 4"}
    assert len(kept(registry) - before) == 1


def test_a_login_is_ended_with_all_its_spent_tokens_or_not_at_all(registry: Any, owner: int, most: int) -> None:
    now = utcnow()
    for family, ago in (("used", 0), ("idle", 1)):
        add(registry, owner, family, family, "api", seen_at=now - ago * HOUR)
        for number in range(most):
            add(registry, owner, f"{family} {number}", family, "api", rotated_at=now, seen_at=now - ago * HOUR)
    add(registry, owner, "other", kind="api", seen_at=now - HOUR / 2)
    before = kept(registry)
    start(registry, owner)
    assert before - kept(registry) == {"idle", "idle 0", "idle 1", "idle 2"}


def test_logins_at_the_same_moment_end_what_is_too_many_and_not_each_other(
    registry: Any, owner: int, most: int
) -> None:
    for number in range(most + 9):
        add(registry, owner, f"old {number}", kind="api", seen_at=utcnow() - HOUR)
    in_threads(*[partial(start, registry, owner)] * 4, patience=30)
    start(registry, owner)
    found = kept(registry)
    assert len(found) == most
    assert not {one for one in found if one.startswith("old")}


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
