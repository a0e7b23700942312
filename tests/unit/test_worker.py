"""Requesting and running jobs: what is lost on the way is recovered."""

import json
import logging
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from intermediate import ledger, logs, queueing, reports, worker
from intermediate.leases import Claim, Leases
from intermediate.models import Job
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
    """Run everything that is due, in this thread."""
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
    wait_until(lambda: told() == 1)
    assert status(registry, job_id) == "queued"
    attempts[1].start()
    wait_until(lambda: told() == 2)
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


def test_a_database_that_is_away_is_not_taken_for_the_sink(
    registry: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("no answer"))

    with monkeypatch.context() as patch:
        patch.setattr(reports, "mirror", fails)
        registry.worker.reconcile()
    assert [record.getMessage() for record in caplog.records] == ["database_unavailable"]


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

    wait_until(is_finished)
