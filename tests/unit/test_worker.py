"""Asking for jobs and running them: what is lost on the way, and what is made up for."""

import json
import logging
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from intermediate import ledger, logs, queueing, reports, worker
from intermediate.leases import Claim, Leases
from intermediate.models import Job, TaskReport
from intermediate.models.base import utcnow
from intermediate.plugins.analytics.interface import AnalyticsError
from intermediate.plugins.jobs.interface import JobsError
from intermediate.plugins.tasks.interface import NewTask
from intermediate.request import Request
from intermediate.scripting import request_for
from tests.serving import wait_until
from tests.unit.conftest import MakeApp, make_owner


def ask(registry: Any, owner: int) -> int:
    with request_for(registry, "asked-for-it") as request:
        return queueing.ask(request, reports.KIND, owner).id


def status(registry: Any, job_id: int) -> str:
    with request_for(registry) as request:
        return ledger.get(request.db, job_id).status


def report(registry: Any, owner: int) -> dict[str, Any] | None:
    with request_for(registry) as request:
        return reports.latest(request.db, owner)


def work(registry: Any) -> None:
    """Do all that is due, in this thread."""
    registry.jobs.work(registry.worker.run, registry.worker.reconcile, burst=True)


def test_a_request_that_is_rolled_back_leaves_no_job(registry: Any, owner: int) -> None:
    def ask_and_fail() -> None:
        with request_for(registry) as request:
            queueing.ask(request, reports.KIND, owner)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    with registry.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Job)) == 0
    work(registry)
    assert report(registry, owner) is None


def test_a_queue_that_is_away_is_told_and_leaves_no_job(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise JobsError("refused")

    monkeypatch.setattr(registry.jobs, "ping", away)
    with pytest.raises(JobsError):
        ask(registry, owner)
    with registry.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Job)) == 0


def test_a_hand_over_that_fails_is_made_up_by_the_reconciler(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(job_id: int, *, delay: float = 0.0) -> None:
        raise JobsError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(registry.jobs, "submit", refuse)
        job_id = ask(registry, owner)
    assert "hand_over_failed" in caplog.messages
    assert status(registry, job_id) == "queued"
    work(registry)
    assert status(registry, job_id) == "finished"


def test_a_job_that_another_process_accepted_is_found(make_registry: MakeApp) -> None:
    web, other = make_registry(), make_registry()
    job_id = ask(web, make_owner(web))
    work(other)
    assert status(web, job_id) == "finished"


def test_a_job_that_crashes_is_tried_again_and_its_owner_is_told_no_secrets(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_request: Request, _claim: Claim) -> None:
        raise ValueError("password=hunter2")

    job_id = ask(registry, owner)
    monkeypatch.setitem(worker.JOBS, reports.KIND, crash)
    registry.worker.run(job_id)
    with request_for(registry) as request:
        job = ledger.get(request.db, job_id)
        assert (job.status, job.attempts) == ("queued", 1)
        assert job.error
        assert "ValueError" in job.error
        assert "hunter2" not in job.error
    registry.worker.run(job_id)  # not due before its back-off has passed
    assert status(registry, job_id) == "queued"


def test_a_job_that_takes_too_long_has_failed_and_is_tried_again(
    make_registry: MakeApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    registry = make_registry(
        jobs__timeout_seconds="0.2", jobs__max_retries="1", jobs__retry_backoff_seconds="0", jobs__lease_seconds="60"
    )
    job_id, enough = ask(registry, make_owner(registry)), Event()
    monkeypatch.setitem(worker.JOBS, reports.KIND, lambda _request, _claim: enough.wait(60))
    attempts = [Thread(target=registry.worker.run, args=(job_id,), daemon=True) for _ in range(2)]

    def told() -> int:
        return caplog.messages.count("job_failed")

    attempts[0].start()
    wait_until(lambda: told() == 1, 20)
    assert status(registry, job_id) == "queued"
    attempts[1].start()
    wait_until(lambda: told() == 2, 20)
    assert status(registry, job_id) == "failed"
    enough.set()
    for attempt in attempts:
        attempt.join(20)
    with request_for(registry) as request:
        job = ledger.get(request.db, job_id)
        assert (job.status, job.attempts, job.error) == ("failed", 2, "The job took longer than 0.2 s.")
    assert caplog.messages.count("job_lost") == 2
    failed = [record for record in caplog.records if record.message == "job_failed"]
    assert [vars(record)["retry_in_seconds"] for record in failed] == [0, None]


def test_a_job_that_was_cancelled_in_its_middle_leaves_nothing(registry: Any, owner: int) -> None:
    job_id = ask(registry, owner)

    def cancel_and_go_on(request: Request, claim: Claim) -> None:
        with request_for(registry) as other:
            ledger.cancel(other.db, job_id)
        reports.make(request, claim)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(worker.JOBS, reports.KIND, cancel_and_go_on)
        registry.worker.run(job_id)
    assert status(registry, job_id) == "cancelled"
    assert report(registry, owner) is None


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


def test_a_database_that_is_away_is_not_taken_for_the_sink(
    registry: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("no answer"))

    with monkeypatch.context() as patch:
        patch.setattr(reports, "mirror", fails)
        registry.worker.reconcile()
    assert [record.getMessage() for record in caplog.records] == ["database_unavailable"]


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


def test_inline_jobs_are_done_when_the_request_is(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__backend="inline")
    registry.worker.start()
    owner = make_owner(registry)
    with request_for(registry) as request:
        request.tasks.add(owner, [NewTask("one")])
    job_id = ask(registry, owner)
    assert status(registry, job_id) == "finished"
    found = report(registry, owner)
    assert found
    assert (found["total_tasks"], found["request_id"]) == (1, "asked-for-it")


def test_the_lines_of_a_job_carry_the_id_of_its_request(
    registry: Any, owner: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(registry.app_settings, "worker")
    job_id = ask(registry, owner)
    work(registry)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    found = {line["event"]: line for line in lines if line.get("job_id") == job_id}
    assert {"job_started", "job_finished"} <= found.keys()
    for line in found.values():
        assert (line["request_id"], line["service"], line["environment"]) == ("asked-for-it", "worker", "development")
    logging.getLogger().handlers = [
        one for one in logging.getLogger().handlers if not isinstance(one, logs.JsonHandler)
    ]


def test_a_worker_outlives_a_database_that_fails_and_does_not_ask_it_without_end(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []

    def fail(job_id: int) -> None:
        asked.append(job_id)
        raise TypeError("a bug")

    job_id = ask(registry, owner)
    with monkeypatch.context() as patch:
        patch.setattr(Leases, "claim", lambda _self, job_id: fail(job_id))
        work(registry)
        work(registry)
    assert asked == [job_id]
    assert caplog.messages.count("database_failed") == 1

    def is_finished() -> bool:
        work(registry)
        return status(registry, job_id) == "finished"

    wait_until(is_finished, 30)
