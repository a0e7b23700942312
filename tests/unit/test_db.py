"""The session of a request belongs to its transaction manager."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from intermediate import accounts
from intermediate.models import User
from intermediate.request import Request
from intermediate.scripting import request_for


@pytest.fixture
def request_(registry: Any) -> Iterator[Request]:
    with request_for(registry) as request:
        yield request


def users(request: Request) -> int:
    return request.db.scalar(select(func.count()).select_from(User)) or 0


def test_a_session_joins_each_transaction_of_its_manager(request_: Request) -> None:
    accounts.create(request_.db, "one@example.com", None)
    request_.tm.abort()
    request_.tm.begin()
    assert users(request_) == 0
    accounts.create(request_.db, "two@example.com", None)
    request_.tm.commit()
    request_.tm.begin()
    accounts.create(request_.db, "three@example.com", None)
    request_.tm.abort()
    request_.tm.begin()
    assert users(request_) == 1


def test_what_is_only_added_is_written(registry: Any) -> None:
    with request_for(registry) as request:
        request.db.add(User(email="one@example.com"))
    with request_for(registry) as request:
        assert users(request) == 1


def test_a_session_is_not_committed_past_its_manager(request_: Request) -> None:
    accounts.create(request_.db, "one@example.com", None)
    with request_.db.begin_nested():
        accounts.create(request_.db, "two@example.com", None)
    with pytest.raises(AssertionError, match="Commit with request"):
        request_.db.commit()
    request_.tm.abort()
    request_.tm.begin()
    assert users(request_) == 0
