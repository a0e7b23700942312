"""Idempotency keys under conditions that HTTP alone does not cause: races, locks, time, and outages."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from pyramid.request import Request
from sqlalchemy import func, insert, select, update
from webtest import TestApp

from intermediate import accounts, idempotency
from intermediate.logins import named_tokens
from intermediate.models import KeptAnswer
from intermediate.models.base import utcnow
from intermediate.plugins.jobs.interface import JobsError
from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.scripting import request_for
from intermediate.views.idempotent import fingerprint_of
from tests.unit.conftest import MakeApp, make_owner

TASK = {"title": "Once"}
DAY = timedelta(days=1)
REPORT = "/api/jobs/task-report"


class Caller:
    """A user with an account and a token."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        self.owner = make_owner(registry)
        with request_for(registry) as request:
            self.token = named_tokens.make(request.db, self.owner, "a program", None)

    def post(self, path: str = "/api/tasks", body: Any = TASK, key: str = "k", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return TestApp(self.registry.app).post_json(path, body, headers=headers, **options)

    def total(self) -> int | None:
        with request_for(self.registry) as request:
            return request.tasks.page(self.owner, TaskQuery()).total

    def keys(self) -> int:
        with request_for(self.registry) as request:
            return request.db.scalar(select(func.count()).select_from(KeptAnswer)) or 0


@pytest.fixture(params=["sql", "memory"])
def caller(request: pytest.FixtureRequest, make_registry: MakeApp) -> Caller:
    return Caller(make_registry(tasks__backend=request.param, jobs__backend="inline"))


@pytest.mark.parametrize(("path", "status"), [("/api/tasks", 201), (REPORT, 202)])
def test_of_requests_that_all_find_no_answer_one_is_carried_out(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    number, find = 4, idempotency.find
    looked = Barrier(number)
    arrived: list[Any] = []

    def find_together(*args: Any) -> Any:
        found = find(*args)
        if len(arrived) < number:
            arrived.append(found)
            looked.wait(30)
        return found

    monkeypatch.setattr(idempotency, "find", find_together)
    body = TASK if path == "/api/tasks" else {"owner_id": caller.owner}
    with ThreadPoolExecutor(number) as threads:
        answers = list(threads.map(lambda _: caller.post(path, body), range(number)))
    assert arrived == [None] * number
    assert {(answer.status_int, answer.body, answer.location) for answer in answers} == {
        (status, answers[0].body, answers[0].location)
    }
    assert caller.keys() == 1
    if path == "/api/tasks":
        assert caller.total() == 1


def test_a_key_can_be_used_anew_when_its_time_is_over(caller: Caller) -> None:
    first = caller.post(status=201).json
    caller.post(key="another", body={"title": "b"}, status=201)
    with request_for(caller.registry) as request:
        request.db.execute(update(KeptAnswer).values(created_at=utcnow() - DAY - timedelta(seconds=1)))
    second = caller.post(status=201).json
    assert second["id"] != first["id"]
    assert caller.keys() == 1  # expired keys are deleted


def test_a_queue_that_is_away_is_asked_again(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise JobsError("refused")

    body = {"owner_id": caller.owner}
    with monkeypatch.context() as patch:
        patch.setattr(caller.registry.jobs, "ping", away)
        assert caller.post(REPORT, body, status=503).json["code"] == "queue_unavailable"
    assert caller.keys() == 0
    first = caller.post(REPORT, body, status=202)
    with monkeypatch.context() as patch:
        patch.setattr(caller.registry.jobs, "ping", away)
        assert caller.post(REPORT, body, status=202).body == first.body


def test_the_boundary_of_a_multipart_body_is_no_difference(caller: Caller) -> None:
    def fingerprint(boundary: str, value: str = "x") -> str:
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n{value}\r\n--{boundary}--\r\n'
        kind = f"multipart/form-data; boundary={boundary}"
        return fingerprint_of(Request.blank("/api/tasks/import", POST=body.encode(), content_type=kind))

    assert fingerprint("abc") == fingerprint("xyz") != fingerprint("abc", "y")


def test_keys_go_with_their_account(caller: Caller) -> None:
    caller.post(status=201)
    with request_for(caller.registry) as request:
        request.tasks.purge(owner=caller.owner)
        request.db.delete(accounts.find(request.db, "owner@example.com"))
    assert caller.keys() == 0


@pytest.mark.slow
def test_a_request_does_not_wait_without_end_for_another_with_its_key(caller: Caller) -> None:
    values = {"user_id": caller.owner, "key": "k", "fingerprint": "f", "status": 202, "headers": {}, "body": ""}
    with caller.registry.engine.begin() as other:
        other.execute(insert(KeptAnswer).values(values))
        refused = caller.post(REPORT, {"owner_id": caller.owner}, expect_errors=True)
        # SQLite has one writer at a time, whatever it writes.
        codes = {"postgresql": "idempotency_key_in_use", "sqlite": "database_unavailable"}
        assert refused.json["code"] == codes[other.dialect.name]
        assert refused.headers["Retry-After"]
        other.rollback()
    caller.post(REPORT, {"owner_id": caller.owner}, status=202)
