"""Deleting an account cancels its jobs, and leaves nothing in any sink."""

from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from intermediate import accounts, import_job, ledger, reports, worker
from intermediate.leases import Claim
from intermediate.models import Job, JobResult, Upload, User
from intermediate.models.base import utcnow
from intermediate.plugins.analytics.interface import AnalyticsError
from intermediate.plugins.tasks.interface import NewTask, OwnerGoneError
from intermediate.plugins.tasks.versioned import VersionedStore
from intermediate.request import Request
from intermediate.scripting import request_for
from tests.rows import row
from tests.serving import wait_until
from tests.unit.conftest import MakeApp, make_owner
from tests.unit.test_worker import ask, report, status, work


def remove(registry: Any, owner: int) -> None:
    with request_for(registry) as request:
        accounts.remove(request.db, request.tasks, owner, request.id)


def mirror(registry: Any) -> int:
    return reports.mirror(registry.engine, registry.analytics)


@row("Z7-queued-job")
def test_what_was_asked_for_is_cancelled_and_a_queue_that_carries_it_carries_nothing(registry: Any, owner: int) -> None:
    over, waiting = ask(registry, owner), 0
    work(registry)
    waiting = ask(registry, owner)
    remove(registry, owner)
    registry.worker.run(waiting)
    work(registry)
    assert (status(registry, over), status(registry, waiting)) == ("finished", "cancelled")
    assert ask(registry, make_owner(registry)) > waiting


def test_what_jobs_were_given_and_what_came_of_them_goes(registry: Any, owner: int) -> None:
    other = make_owner(registry, "other@example.com")
    theirs, another = ask(registry, owner), ask(registry, other)
    with request_for(registry) as request:
        for job in (theirs, another):
            request.db.add_all([Upload(job_id=job, data=b"title"), JobResult(job_id=job, document={})])
    remove(registry, owner)
    with request_for(registry) as request:
        for model in (Upload, JobResult):
            assert request.db.scalars(select(model.job_id)).all() == [another]


def test_the_sink_loses_the_document(registry: Any, owner: int) -> None:
    other = make_owner(registry, "other@example.com")
    for one in (owner, other):
        ask(registry, one)
    work(registry)
    mirror(registry)
    assert registry.analytics.get(owner)
    remove(registry, owner)
    assert registry.analytics.get(owner)  # web processes do not write to a sink
    registry.worker.reconcile()
    assert registry.analytics.get(owner) is None
    assert registry.analytics.get(other) == report(registry, other)
    assert mirror(registry) == 0


def test_a_sink_that_was_away_loses_the_document_when_it_is_back(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_owner: int) -> None:
        raise AnalyticsError("refused")

    ask(registry, owner)
    work(registry)
    mirror(registry)
    remove(registry, owner)
    with monkeypatch.context() as patch:
        patch.setattr(registry.analytics, "remove", away)
        registry.worker.reconcile()
    assert registry.analytics.get(owner)
    mirror(registry)
    assert registry.analytics.get(owner) is None


def test_a_sink_that_comes_back_later_loses_the_document_too(make_registry: MakeApp) -> None:
    before = make_registry(analytics__backend="sql")
    owner = make_owner(before)
    ask(before, owner)
    work(before)
    mirror(before)
    meanwhile = make_registry(analytics__backend="null")
    remove(meanwhile, owner)
    assert mirror(meanwhile) == 1
    after = make_registry(analytics__backend="sql")
    assert after.analytics.get(owner)
    mirror(after)
    assert after.analytics.get(owner) is None


def test_a_document_that_another_worker_puts_too_late_is_removed_once_more(
    make_registry: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = make_registry()
    owner = make_owner(registry)
    ask(registry, owner)
    with monkeypatch.context() as patch:
        patch.setattr(registry.worker, "_mirror", lambda: None)
        work(registry)
    put = registry.analytics.put

    def late(document: Any) -> bool:
        remove(registry, owner)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry.analytics, "put", put)
            assert mirror(registry) == 1  # the other worker has nothing to remove
        done: bool = put(document)
        return done

    with monkeypatch.context() as patch:
        patch.setattr(registry.analytics, "put", late)
        assert mirror(registry) == 1
    assert registry.analytics.get(owner)
    assert mirror(registry) == 1
    assert registry.analytics.get(owner) is None


@pytest.mark.parametrize("had_a_report", [True, False])
def test_a_run_that_goes_on_brings_no_report_back(registry: Any, owner: int, had_a_report: bool) -> None:
    if had_a_report:
        ask(registry, owner)
        work(registry)

    saved: list[bool] = []

    def delete_and_go_on(request: Request, claim: Claim) -> None:
        remove(registry, owner)
        document = {"owner_id": owner, "seq": claim.job.id, "request_id": "r"}
        saved.append(reports.save(request.db, document, generated_at=utcnow()))

    job_id = ask(registry, owner)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(worker.JOBS, reports.KIND, delete_and_go_on)
        registry.worker.run(job_id)
    assert saved == [False]
    assert status(registry, job_id) == "cancelled"
    assert report(registry, owner) is None
    mirror(registry)
    assert registry.analytics.get(owner) is None


@pytest.mark.parametrize("tasks", ["sql", "memory"])
def test_no_backend_keeps_a_task(make_registry: MakeApp, tasks: str) -> None:
    registry = make_registry(tasks__backend=tasks, jobs__backend="inline")
    owner, other = make_owner(registry), make_owner(registry, "other@example.com")
    with request_for(registry) as request:
        for one in (owner, other):
            in_trash, _ = request.tasks.add(one, [NewTask("one"), NewTask("two")])
            request.tasks.remove(one, in_trash)
    remove(registry, owner)
    with request_for(registry) as request:
        kept = [len(list(request.tasks.dump(one))) for one in (owner, other)]
    assert kept == [0, 2]


@pytest.mark.parametrize("tasks", ["sql", "memory"])
def test_what_was_looked_up_before_is_written_to_no_backend(make_registry: MakeApp, tasks: str) -> None:
    registry = make_registry(tasks__backend=tasks, jobs__backend="inline")
    owner = make_owner(registry)
    remove(registry, owner)
    with pytest.raises(OwnerGoneError), request_for(registry) as request:
        request.tasks.add(owner, [NewTask("a ghost's")])
    with pytest.raises(OwnerGoneError), request_for(registry) as request:
        request.tasks.create(owner, NewTask("a ghost's"))
    with request_for(registry) as request:
        assert list(request.tasks.dump(owner)) == []


def test_what_was_asked_for_while_the_account_was_being_deleted_is_cancelled_and_not_tried_again(
    registry: Any, owner: int
) -> None:
    remove(registry, owner)
    with request_for(registry) as request:
        late = ledger.add(request.db, import_job.KIND, owner, {}, request.id)
        import_job.keep(request.db, late, b"title,description,status,created_at\na ghost's,,,\n")
    registry.worker.run(late)
    assert status(registry, late) == "cancelled"
    with request_for(registry) as request:
        assert [request.db.scalars(select(model.job_id)).all() for model in (Upload, JobResult)] == [[], []]


def test_jobs_of_others_go_on(registry: Any, owner: int) -> None:
    other = make_owner(registry, "other@example.com")
    job_id = ask(registry, other)
    remove(registry, owner)
    with registry.engine.connect() as connection:
        assert connection.scalar(select(Job.status).where(Job.id == job_id)) == "queued"


@pytest.mark.parametrize("role", ["user", "admin"])
def test_an_account_is_deleted_after_the_task_that_is_being_made(
    registry: Any, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    owner = make_owner(registry, role=role)
    make_owner(registry, "another-admin@example.com", role="admin")
    removal = Thread(target=remove, args=(registry, owner), daemon=True)
    raise_version = VersionedStore._raise_version

    def raise_while_it_waits(store: VersionedStore, user_id: int) -> None:
        monkeypatch.undo()
        removal.start()
        wait_until(lambda: is_waiting(registry.engine))
        raise_version(store, user_id)

    monkeypatch.setattr(VersionedStore, "_raise_version", raise_while_it_waits)
    with request_for(registry) as request:
        request.tasks.create(owner, NewTask("the last one"))
    removal.join(30)
    with request_for(registry) as request:
        assert not removal.is_alive()
        assert request.db.get(User, owner) is None
        assert list(request.tasks.dump(owner)) == []


def is_waiting(engine: Engine) -> bool:
    """Return whether a transaction waits for another one, as far as the database shows it."""
    if engine.dialect.name == "sqlite":
        return True
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return bool(connection.scalar(text(waiting)))
