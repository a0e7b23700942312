"""The ledger: who may run a job, how often, and what remains of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from intermediate import ledger
from intermediate.ledger import Job, Ledger, LostLeaseError
from intermediate.models.base import utcnow
from intermediate.scripting import request_for
from intermediate.testing.contract import in_threads
from tests.serving import wait_until
from tests.unit.conftest import MakeApp, make_owner


def add(registry: Any, owner: int, kind: str = "task-report", **args: Any) -> int:
    with request_for(registry) as request:
        return ledger.add(request.db, kind, owner, args, "a-request")


def get(registry: Any, job_id: int) -> Job:
    with request_for(registry) as request:
        job = ledger.get(request.db, job_id)
        request.db.expunge(job)
        return job


def let_time_pass(registry: Any, seconds: float) -> None:
    """Move every due time and lease into the past."""
    past = utcnow() - timedelta(seconds=seconds)
    with registry.engine.begin() as connection:
        connection.execute(update(Job).where(Job.lease_until.is_not(None)).values(lease_until=past))
        connection.execute(update(Job).values(run_at=past))


@pytest.fixture
def book(registry: Any) -> Ledger:
    return Ledger(registry.engine, registry.app_settings.jobs)


def test_a_job_is_claimed_once(registry: Any, owner: int, book: Ledger) -> None:
    job_id = add(registry, owner)
    assert book.due() == [job_id]
    claim = book.claim(job_id)
    assert claim
    assert (claim.job.attempts, claim.job.status) == (1, "running")
    assert book.claim(job_id) is None
    assert book.due() == []


def test_of_workers_at_once_one_gets_each_job(registry: Any, owner: int) -> None:
    ids = [add(registry, owner, part=part) for part in range(5)]
    let_time_pass(registry, 1)

    def claim_all() -> list[int]:
        book = Ledger(registry.engine, registry.app_settings.jobs)
        return [job_id for job_id in book.due() if book.claim(job_id)]

    claimed = in_threads(*[claim_all] * 6, patience=30)
    assert sorted(job_id for some in claimed for job_id in some) == ids
    assert [get(registry, job_id).attempts for job_id in ids] == [1] * 5


def test_requests_at_once_for_the_same_join_one_job(registry: Any, owner: int) -> None:
    assert len(set(in_threads(*[lambda: add(registry, owner)] * 6, patience=30))) == 1


def test_a_job_whose_lease_ended_is_due_again_and_its_first_worker_can_write_no_more(
    registry: Any, owner: int, book: Ledger
) -> None:
    job_id = add(registry, owner)
    first = book.claim(job_id)
    let_time_pass(registry, 1)
    assert book.due() == [job_id]
    second = Ledger(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert first
    assert second
    with pytest.raises(LostLeaseError):
        first.progress(50)
    with pytest.raises(LostLeaseError):
        first.renew()
    with pytest.raises(LostLeaseError):
        book.finish(first)
    with pytest.raises(LostLeaseError):
        book.fail(first, "too late")
    book.finish(second)
    assert (get(registry, job_id).status, get(registry, job_id).attempts) == ("finished", 2)


def test_a_failing_job_is_tried_again_with_back_off_and_then_given_up(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__max_retries="2", jobs__retry_backoff_seconds="5,30")
    book = Ledger(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    delays = []
    for _ in range(3):
        claim = book.claim(job_id)
        assert claim
        delays.append(book.fail(claim, "it broke"))
        assert book.due() == []
        let_time_pass(registry, 1)
    assert delays == [5, 30, None]
    job = get(registry, job_id)
    assert (job.status, job.error, job.attempts) == ("failed", "it broke", 3)
    assert job.finished_at is not None


def test_a_job_that_loses_each_of_its_workers_is_given_up(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__max_retries="1")
    book = Ledger(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    for _ in range(2):
        assert book.claim(job_id)
        let_time_pass(registry, 1)
    assert book.due() == [job_id]
    assert book.claim(job_id) is None
    job = get(registry, job_id)
    assert job.status == "failed"
    assert job.error
    assert "worker was lost" in job.error
    assert book.due() == []


def test_a_request_joins_a_job_that_is_queued_but_not_one_that_has_begun(
    registry: Any, owner: int, book: Ledger
) -> None:
    job_id = add(registry, owner, part=1)
    assert add(registry, owner, part=1) == job_id
    assert add(registry, owner, part=2) != job_id
    assert add(registry, make_owner(registry, "other@example.com"), part=1) != job_id
    book.claim(job_id)
    assert add(registry, owner, part=1) > job_id


def test_a_cancelled_job_is_not_run_and_a_running_one_loses_its_lease(registry: Any, owner: int, book: Ledger) -> None:
    queued, running = add(registry, owner, part=1), add(registry, owner, part=2)
    claim = book.claim(running)
    with request_for(registry) as request:
        assert ledger.cancel(request.db, queued)
        assert ledger.cancel(request.db, running)
    assert book.claim(queued) is None
    assert claim
    with pytest.raises(LostLeaseError):
        claim.progress(10)
    with request_for(registry) as request:
        assert not ledger.cancel(request.db, queued)


def test_a_lease_is_renewed_while_the_work_goes_on(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__lease_seconds="0.3")
    book = Ledger(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    claim = book.claim(job_id)
    assert claim
    seen: set[Any] = set()
    with claim.kept(600, lambda: None), registry.engine.connect() as connection:
        end = utcnow() + timedelta(seconds=20)
        while len(seen) < 4 and utcnow() < end:
            seen.add(connection.scalar(select(Job.lease_until)))
    assert len(seen) == 4
    book.finish(claim)


def test_a_lease_is_not_renewed_once_the_work_takes_too_long(make_registry: MakeApp) -> None:
    """Also if the database cannot be told."""
    registry = make_registry(jobs__lease_seconds="0.3")
    book = Ledger(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    claim = book.claim(job_id)
    told: list[int] = []

    def overdue() -> None:
        told.append(1)
        raise ConnectionError

    assert claim
    with claim.kept(0.2, overdue):
        wait_until(lambda: book.due() == [job_id], 20)
        wait_until(lambda: len(told) > 1, 20)
