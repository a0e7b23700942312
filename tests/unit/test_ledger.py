"""The ledger: who may run a job, how often, and what remains of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from intermediate import ledger
from intermediate.leases import Leases, LostLeaseError
from intermediate.models import Job
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
def leases(registry: Any) -> Leases:
    return Leases(registry.engine, registry.app_settings.jobs)


def test_a_job_is_claimed_once(registry: Any, owner: int, leases: Leases) -> None:
    job_id = add(registry, owner)
    assert leases.due() == [job_id]
    claim = leases.claim(job_id)
    assert claim
    assert (claim.job.attempts, claim.job.status) == (1, "running")
    assert leases.claim(job_id) is None
    assert leases.due() == []


def test_of_workers_at_once_one_gets_each_job(registry: Any, owner: int) -> None:
    ids = [add(registry, owner, part=part) for part in range(5)]
    let_time_pass(registry, 1)

    def claim_all() -> list[int]:
        leases = Leases(registry.engine, registry.app_settings.jobs)
        return [job_id for job_id in leases.due() if leases.claim(job_id)]

    claimed = in_threads(*[claim_all] * 6, patience=30)
    assert sorted(job_id for some in claimed for job_id in some) == ids
    assert [get(registry, job_id).attempts for job_id in ids] == [1] * 5


def test_requests_at_once_for_the_same_join_one_job(registry: Any, owner: int) -> None:
    assert len(set(in_threads(*[lambda: add(registry, owner)] * 6, patience=30))) == 1


def test_a_job_whose_lease_ended_is_due_again_and_its_first_worker_can_write_no_more(
    registry: Any, owner: int, leases: Leases
) -> None:
    job_id = add(registry, owner)
    first = leases.claim(job_id)
    let_time_pass(registry, 1)
    assert leases.due() == [job_id]
    second = Leases(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert first
    assert second
    with pytest.raises(LostLeaseError):
        first.progress(50)
    with pytest.raises(LostLeaseError):
        first.renew()
    with pytest.raises(LostLeaseError):
        leases.finish(first)
    with pytest.raises(LostLeaseError):
        leases.fail(first, "too late")
    leases.finish(second)
    assert (get(registry, job_id).status, get(registry, job_id).attempts) == ("finished", 2)


def test_a_failing_job_is_tried_again_with_back_off_and_then_given_up(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__max_retries="2", jobs__retry_backoff_seconds="5,30")
    leases = Leases(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    delays = []
    for _ in range(3):
        claim = leases.claim(job_id)
        assert claim
        delays.append(leases.fail(claim, "it broke"))
        assert leases.due() == []
        let_time_pass(registry, 1)
    assert delays == [5, 30, None]
    job = get(registry, job_id)
    assert (job.status, job.error, job.attempts) == ("failed", "it broke", 3)
    assert job.finished_at is not None


def test_a_job_that_loses_each_of_its_workers_is_given_up(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__max_retries="1")
    leases = Leases(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    for _ in range(2):
        assert leases.claim(job_id)
        let_time_pass(registry, 1)
    assert leases.due() == [job_id]
    assert leases.claim(job_id) is None
    job = get(registry, job_id)
    assert job.status == "failed"
    assert job.error
    assert "worker was lost" in job.error
    assert leases.due() == []


def test_a_request_joins_a_job_that_is_queued_but_not_one_that_has_begun(
    registry: Any, owner: int, leases: Leases
) -> None:
    job_id = add(registry, owner, part=1)
    assert add(registry, owner, part=1) == job_id
    assert add(registry, owner, part=2) != job_id
    assert add(registry, make_owner(registry, "other@example.com"), part=1) != job_id
    leases.claim(job_id)
    assert add(registry, owner, part=1) > job_id


def test_a_cancelled_job_is_not_run_and_a_running_one_loses_its_lease(
    registry: Any, owner: int, leases: Leases
) -> None:
    queued, running = add(registry, owner, part=1), add(registry, owner, part=2)
    claim = leases.claim(running)
    with request_for(registry) as request:
        assert ledger.cancel(request.db, queued)
        assert ledger.cancel(request.db, running)
    assert leases.claim(queued) is None
    assert claim
    with pytest.raises(LostLeaseError):
        claim.progress(10)
    with request_for(registry) as request:
        assert not ledger.cancel(request.db, queued)


def failed(registry: Any, leases: Leases, owner: int) -> int:
    """A job that was tried and has failed."""
    job_id = add(registry, owner)
    claim = leases.claim(job_id)
    assert claim
    leases.fail(claim, "it broke", again=False)
    return job_id


def retry(registry: Any, job_id: int) -> bool:
    with request_for(registry) as request:
        return ledger.retry(request.db, job_id)


def test_a_failed_job_is_queued_again_as_if_it_had_not_been_tried(registry: Any, owner: int, leases: Leases) -> None:
    job_id = failed(registry, leases, owner)
    assert retry(registry, job_id)
    job = get(registry, job_id)
    assert (job.status, job.attempts, job.progress, job.error) == ("queued", 0, 0, None)
    assert (job.started_at, job.finished_at, job.lease_until, job.worker) == (None, None, None, None)
    assert leases.due() == [job_id]
    claim = leases.claim(job_id)
    assert claim
    assert claim.job.attempts == 1
    assert leases.fail(claim, "again") == registry.app_settings.jobs.retry_backoff_seconds[0]


def test_only_a_failed_job_is_queued_again(registry: Any, owner: int, leases: Leases) -> None:
    queued, cancelled, running = (add(registry, owner, part=part) for part in range(3))
    claim = leases.claim(running)
    with request_for(registry) as request:
        assert ledger.cancel(request.db, cancelled)
    assert claim
    for job_id, status in ((queued, "queued"), (cancelled, "cancelled"), (running, "running")):
        assert not retry(registry, job_id)
        assert get(registry, job_id).status == status
    leases.finish(claim)
    assert not retry(registry, running)
    assert not retry(registry, 999)


def test_of_retries_at_once_one_counts(registry: Any, owner: int, leases: Leases) -> None:
    job_id = failed(registry, leases, owner)
    assert sorted(in_threads(*[lambda: retry(registry, job_id)] * 4, patience=30)) == [False] * 3 + [True]


def test_who_failed_before_can_write_nothing_to_the_job_that_was_queued_again(
    registry: Any, owner: int, leases: Leases
) -> None:
    job_id = add(registry, owner)
    first = leases.claim(job_id)
    assert first
    leases.fail(first, "it broke", again=False)
    retry(registry, job_id)
    second = Leases(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert second
    with pytest.raises(LostLeaseError):
        first.progress(50)
    second.progress(50)


def test_a_retry_joins_nothing_and_does_not_stand_in_the_way(registry: Any, owner: int, leases: Leases) -> None:
    job_id = failed(registry, leases, owner)
    other = add(registry, owner)
    assert retry(registry, job_id)
    assert add(registry, owner) == other


def test_jobs_are_counted_by_what_becomes_of_them(registry: Any, owner: int, leases: Leases) -> None:
    failed(registry, leases, owner)
    add(registry, owner, part=1)
    running = add(registry, owner, part=2)
    assert leases.claim(running)
    now = utcnow()
    with request_for(registry) as request:
        assert ledger.tally(request.db, now - timedelta(days=1)) == {"queued": 1, "running": 1, "failed": 1}
        assert ledger.tally(request.db, now + timedelta(days=1)) == {"queued": 1, "running": 1}
        assert ledger.page(request.db, None, None, 20, 0, since=now - timedelta(days=1))[1] == 3
        assert ledger.page(request.db, None, None, 20, 0, since=now + timedelta(days=1)) == ([], 0)


def test_a_lease_is_renewed_while_the_work_goes_on(make_registry: MakeApp) -> None:
    registry = make_registry(jobs__lease_seconds="0.3")
    leases = Leases(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    claim = leases.claim(job_id)
    assert claim
    seen: set[Any] = set()
    with claim.kept(600, lambda: None), registry.engine.connect() as connection:
        end = utcnow() + timedelta(seconds=20)
        while len(seen) < 4 and utcnow() < end:
            seen.add(connection.scalar(select(Job.lease_until)))
    assert len(seen) == 4
    leases.finish(claim)


def test_a_lease_is_not_renewed_once_the_work_takes_too_long(make_registry: MakeApp) -> None:
    """Even if the database cannot be reached."""
    registry = make_registry(jobs__lease_seconds="0.3")
    leases = Leases(registry.engine, registry.app_settings.jobs)
    job_id = add(registry, make_owner(registry))
    claim = leases.claim(job_id)
    told: list[int] = []

    def overdue() -> None:
        told.append(1)
        raise ConnectionError

    assert claim
    with claim.kept(0.2, overdue):
        wait_until(lambda: leases.due() == [job_id])
        wait_until(lambda: len(told) > 1)
