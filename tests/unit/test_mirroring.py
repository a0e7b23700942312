"""Copying reports to the analytics sink."""

from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from intermediate import reports
from intermediate.models import TaskReport
from intermediate.models.base import utcnow
from intermediate.plugins.analytics.interface import AnalyticsError
from intermediate.scripting import request_for
from tests.unit.conftest import MakeApp, make_owner
from tests.unit.test_worker import ask, report, status, work


def test_an_older_run_never_replaces_a_newer_one(registry: Any, owner: int) -> None:
    def save(seq: int, total: int) -> bool:
        document = {"owner_id": owner, "seq": seq, "total_tasks": total, "request_id": "r"}
        with request_for(registry) as request:
            return reports.save(request.db, document, generated_at=utcnow())

    assert save(5, 1)
    assert not save(4, 2)
    assert not save(5, 3)
    assert save(6, 4)
    found = report(registry, owner)
    assert found
    assert found["total_tasks"] == 4


def test_a_report_reaches_the_sink_and_a_sink_that_was_away_fills_itself(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_document: Any) -> bool:
        raise AnalyticsError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(registry.analytics, "put", away)
        job_id = ask(registry, owner)
        work(registry)
    assert status(registry, job_id) == "finished"
    assert registry.analytics.get(owner) is None
    assert caplog.messages.count("analytics_unavailable") == 1
    reports.mirror(registry.engine, registry.analytics)
    assert registry.analytics.get(owner) == report(registry, owner)
    assert reports.mirror(registry.engine, registry.analytics) == 0

    newer = ask(registry, owner)
    work(registry)
    reports.mirror(registry.engine, registry.analytics)
    document = registry.analytics.get(owner)
    assert document == report(registry, owner)
    assert document["seq"] == newer


def test_a_new_sink_fills_itself(make_registry: MakeApp) -> None:
    before = make_registry(analytics__backend="null")
    owner = make_owner(before)
    ask(before, owner)
    work(before)
    after = make_registry(analytics__backend="sql")
    assert after.analytics.get(owner) is None
    work(after)
    assert after.analytics.get(owner) == report(after, owner)
    with after.engine.connect() as connection:
        assert connection.scalar(select(TaskReport.mirrored_to)) == after.analytics.place()


def test_a_slow_sink_keeps_a_worker_from_its_jobs_for_a_moment_only(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in (owner, make_owner(registry, "second@example.com")):
        ask(registry, account)
    put: list[int] = []

    def slow(document: Any) -> bool:
        put.append(document["owner_id"])
        return True

    with monkeypatch.context() as patch:
        patch.setattr(registry.worker, "_mirror", lambda: None)
        work(registry)
    monkeypatch.setattr(registry.analytics, "put", slow)
    monkeypatch.setattr(reports, "MIRROR_SECONDS", -1)
    assert [reports.mirror(registry.engine, registry.analytics) for _ in range(3)] == [1, 1, 0]
    assert len(set(put)) == 2


def test_a_sink_that_hangs_holds_one_thread(registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, goes_on = Event(), Event()

    def hang(_document: Any) -> bool:
        hangs.set()
        return goes_on.wait(30)

    monkeypatch.setattr(registry.analytics, "put", hang)
    first = ask(registry, owner)
    thread = Thread(target=registry.worker.run, args=(first,))
    thread.start()
    try:
        assert hangs.wait(30)
        second = ask(registry, owner)
        registry.worker.run(second)
        assert status(registry, second) == "finished"
        assert thread.is_alive()
    finally:
        goes_on.set()
        thread.join(30)
