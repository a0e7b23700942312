"""Workers and a command delete what has expired, and nothing else."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from intermediate import idempotency, import_job, ledger, sweeping, worker
from intermediate.idempotency import Answer, Key
from intermediate.models import Job, JobResult, KeptAnswer, LoginSession, TaskRow, Upload
from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask, TaskQuery
from intermediate.scripting import request_for
from intermediate.sweeping import Swept, sweep
from tests.unit.conftest import MakeApp

DAY = timedelta(days=1)


def fill(registry: Any, owner: int) -> None:
    """Create a live task, tasks deleted just now and 31 days ago, and responses from now and from two days ago."""
    with request_for(registry) as request:
        _live, recent, old = request.tasks.add(owner, [NewTask("live"), NewTask("recent"), NewTask("old")])
        for task in (recent, old):
            request.tasks.remove(owner, task)
        request.db.execute(update(TaskRow).where(TaskRow.id == old).values(deleted_at=utcnow() - 31 * DAY))
        for key in ("new", "old"):
            assert idempotency.keep(request.db, Key(owner, key), Answer("f", 201, {}, ""), utcnow() - DAY)
        request.db.execute(update(KeptAnswer).where(KeptAnswer.key == "old").values(created_at=utcnow() - 2 * DAY))


def left(registry: Any, owner: int) -> tuple[set[str], int | None]:
    with request_for(registry) as request:
        pages = [request.tasks.page(owner, TaskQuery(trashed=trashed)) for trashed in (False, True)]
        keys = request.db.scalar(select(func.count()).select_from(KeptAnswer))
    return {task.title for page in pages for task in page.items}, keys


def test_what_is_too_old_is_deleted(registry: Any, owner: int) -> None:
    fill(registry, owner)
    assert sweep(registry) == Swept(tasks=1, keys=1)
    assert left(registry, owner) == ({"live", "recent"}, 1)
    assert sweep(registry) == Swept(0, 0)
    assert sweep(registry, trash_days=0) == Swept(1, 0)
    assert left(registry, owner) == ({"live"}, 1)


def test_the_settings_say_what_is_too_old(make_registry: MakeApp, owner: int) -> None:
    registry = make_registry(tasks__trash_days="32", api__idempotency_seconds="200000")
    fill(registry, owner)
    assert sweep(registry) == Swept(0, 0)


def test_jobs_that_are_over_go_and_those_that_are_not_stay(registry: Any, owner: int) -> None:
    with request_for(registry) as request:
        ended, recent, waiting = (ledger.add(request.db, f"kind-{n}", owner, {}, "asked") for n in range(3))
        for job, status, days in ((ended, "finished", 8), (recent, "failed", 6), (waiting, "queued", 0)):
            over = {"status": status, "finished_at": utcnow() - days * DAY if days else None}
            request.db.execute(update(Job).where(Job.id == job).values(over))
        request.db.execute(insert(JobResult).values(job_id=ended, document={}))
    assert sweep(registry).jobs == 1
    with request_for(registry) as request:
        assert list(request.db.scalars(select(Job.id).order_by(Job.id))) == [recent, waiting]
        assert request.db.scalar(select(func.count()).select_from(JobResult)) == 0
        assert ledger.add(request.db, "another", owner, {}, "asked") > waiting


def test_a_number_of_a_job_that_is_gone_is_not_given_again(registry: Any, owner: int) -> None:
    with request_for(registry) as request:
        last = ledger.add(request.db, "kind", owner, {}, "asked")
        request.db.execute(update(Job).values(status="finished", finished_at=utcnow() - 8 * DAY))
    assert sweep(registry).jobs == 1
    with request_for(registry) as request:
        assert ledger.add(request.db, "kind", owner, {}, "asked") > last


def test_files_that_nobody_came_to_read_go_and_their_jobs_are_cancelled(registry: Any, owner: int) -> None:
    with request_for(registry) as request:
        jobs = [ledger.add(request.db, import_job.KIND, owner, {"n": n}, "asked") for n in range(3)]
        for job in jobs:
            import_job.keep(request.db, job, b"title")
        request.db.execute(update(Job).where(Job.id != jobs[0]).values(created_at=utcnow() - 8 * DAY))
        request.db.execute(update(Job).where(Job.id == jobs[1]).values(status="running"))
    assert sweep(registry).uploads == 1
    with request_for(registry) as request:
        assert list(request.db.scalars(select(Upload.job_id).order_by(Upload.job_id))) == jobs[:2]
        assert ledger.get(request.db, jobs[2]).status == "cancelled"


def test_logins_that_are_over_go_and_named_tokens_stay_listed(registry: Any, owner: int) -> None:
    def login(name: str, kind: str, days: int) -> dict[str, Any]:
        label = name if kind == "token" else None
        ends = utcnow() + days * DAY
        return {"id": name, "user_id": owner, "kind": kind, "name": label, "family": name, "expires_at": ends}

    rows = [login("over", "site", -1), login("on", "api", 1), login("spent", "api", -1), login("named", "token", -1)]
    with request_for(registry) as request:
        request.db.execute(insert(LoginSession), rows)
    assert sweep(registry).sessions == 2
    with request_for(registry) as request:
        assert set(request.db.scalars(select(LoginSession.id))) == {"on", "named"}


def test_workers_sweep_now_and_then(
    make_registry: MakeApp, owner: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    registry = make_registry()
    fill(registry, owner)
    registry.worker.reconcile()
    assert left(registry, owner)[1] == 2  # a process that has just started does not sweep
    monkeypatch.setattr(worker, "FIRST_SWEEP", 0.0)
    caplog.set_level(logging.INFO)
    late = make_registry()
    for _ in range(3):
        late.worker.reconcile()
    assert left(registry, owner) == ({"live", "recent"}, 1)
    assert caplog.messages.count("swept") == 1


def test_a_sweep_that_fails_stops_no_worker(
    make_registry: MakeApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_registry: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "FIRST_SWEEP", 0.0)
    monkeypatch.setattr(sweeping, "sweep", fail)
    assert make_registry().worker.reconcile() == 0
    assert "sweeping_failed" in caplog.messages
