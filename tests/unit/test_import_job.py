"""The job `import`: each row is imported once, however often it runs, and the counts of the result add up."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from intermediate import accounts, import_job, importing, ledger, queueing
from intermediate.leases import Leases, LostLeaseError
from intermediate.models import Job, JobResult, Upload
from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.request import Request
from intermediate.scripting import request_for
from tests.unit.conftest import MakeApp

HEADER = "title,description,status,created_at"


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)


def lines(count: int, bad: Callable[[int], bool] = lambda _number: False) -> str:
    rows = (f"{number},,{'neither' if bad(number) else 'pending'}," for number in range(count))
    return "\n".join([HEADER, *rows, ""])


def ask(registry: Any, owner: int, text: str) -> int:
    with request_for(registry) as request:
        job = queueing.ask(request, import_job.KIND, owner, sha256=str(hash(text)))
        import_job.keep(request.db, job.id, text.encode())
        return job.id


def work(registry: Any) -> None:
    registry.jobs.work(registry.worker.run, registry.worker.reconcile, burst=True)


def job_of(registry: Any, job_id: int) -> tuple[str, int, int, str | None]:
    with request_for(registry) as request:
        job = ledger.get(request.db, job_id)
        return job.status, job.progress, job.attempts, job.error


def result(registry: Any, job_id: int) -> dict[str, Any]:
    with request_for(registry) as request:
        return import_job.result(request.db, job_id) or {}


def titles(registry: Any, owner: int) -> list[str]:
    with request_for(registry) as request:
        return [task.title for task in request.tasks.stream(owner, TaskQuery(sort="created_at"))]


def uploads(registry: Any) -> int:
    with registry.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(Upload)))


def let_leases_end(registry: Any) -> None:
    with registry.engine.begin() as connection:
        connection.execute(update(Job).values(lease_until=utcnow() - timedelta(seconds=60), run_at=utcnow()))


@pytest.mark.parametrize("count", [0, 1, 10, 35])
def test_every_row_is_imported_or_told(registry: Any, owner: int, count: int) -> None:
    job_id = ask(registry, owner, lines(count, lambda number: number % 5 == 4))
    assert uploads(registry) == 1
    work(registry)
    refused = count // 5
    assert job_of(registry, job_id) == ("finished", 100, 1, None)
    found = result(registry, job_id)
    assert found == {
        "rows": count,
        "imported": count - refused,
        "refused": refused,
        "errors": [{"line": n, "reason": found["errors"][0]["reason"]} for n in range(6, count + 2, 5)],
        "errors_left_out": 0,
    }
    assert len(titles(registry, owner)) == count - refused
    assert uploads(registry) == 0


def test_a_result_names_so_many_lines_and_counts_the_others(registry: Any, owner: int) -> None:
    job_id = ask(registry, owner, lines(import_job.REFUSED_LINES + 25, lambda number: number != 3))
    work(registry)
    found = result(registry, job_id)
    assert (found["rows"], found["imported"], found["refused"]) == (import_job.REFUSED_LINES + 25, 1, 124)
    assert (len(found["errors"]), found["errors_left_out"]) == (import_job.REFUSED_LINES, 24)


def test_a_job_that_failed_between_batches_goes_on_where_it_was(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(registry, owner, lines(35, lambda number: number in (0, 12, 34)))
    claim = Leases(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert claim
    with request_for(registry) as request:
        after(2, request, monkeypatch)
        with pytest.raises(RuntimeError):
            import_job.run(request, claim)
        request.tm.abort()
        request.tm.begin()
    assert len(titles(registry, owner)) == 20
    assert result(registry, job_id)["rows"] == 22
    let_leases_end(registry)
    work(registry)
    assert job_of(registry, job_id)[:3] == ("finished", 100, 2)
    assert sorted(titles(registry, owner)) == sorted(f"{n}" for n in range(35) if n not in (0, 12, 34))
    found = result(registry, job_id)
    assert (found["rows"], found["imported"]) == (35, 32)
    assert [error["line"] for error in found["errors"]] == [2, 14, 36]


def after(batches: int, request: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the request's store fail after this many batches, as if the process ended there."""
    add, calls = request.tasks.add, iter(range(100))

    def fails(*args: Any) -> Any:
        if next(calls) == batches:
            raise RuntimeError
        return add(*args)

    monkeypatch.setattr(request.tasks, "add", fails)


def test_a_job_that_is_run_again_after_its_end_adds_nothing(registry: Any, owner: int) -> None:
    """A worker may crash after the last batch and before it records the end."""
    job_id = ask(registry, owner, lines(25))
    claim = Leases(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert claim
    with request_for(registry) as request:
        import_job.run(request, claim)
    let_leases_end(registry)
    work(registry)
    assert job_of(registry, job_id)[:3] == ("finished", 100, 2)
    assert len(titles(registry, owner)) == 25


def test_a_worker_whose_lease_is_over_adds_nothing_beside_the_other(registry: Any, owner: int) -> None:
    leases = Leases(registry.engine, registry.app_settings.jobs)
    job_id = ask(registry, owner, lines(25))
    late = leases.claim(job_id)
    let_leases_end(registry)
    other = Leases(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert late
    assert other
    with pytest.raises(LostLeaseError), request_for(registry) as request:
        import_job.run(request, late)
    assert titles(registry, owner) == []
    with request_for(registry) as request:
        import_job.run(request, other)
    assert len(titles(registry, owner)) == 25


def test_a_cancelled_job_keeps_what_was_imported_and_loses_its_file(
    registry: Any, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(registry, owner, lines(35))
    claim = Leases(registry.engine, registry.app_settings.jobs).claim(job_id)
    assert claim

    def cancel(_done: int, _total: int) -> int:
        if len(titles(registry, owner)) == 10:
            with registry.engine.connect() as reader:  # while the second batch is written
                assert reader.scalar(select(JobResult.document))["imported"] == 10
            monkeypatch.setattr(claim, "_ours", Job.id == -1)
        return 7

    monkeypatch.setattr(import_job, "percent", cancel)
    with pytest.raises(LostLeaseError), request_for(registry) as request:
        import_job.run(request, claim)
    with request_for(registry) as request:
        assert ledger.cancel(request.db, job_id)
    assert uploads(registry) == 0
    assert len(titles(registry, owner)) == result(registry, job_id)["imported"] == 10
    with pytest.raises(LostLeaseError), request_for(registry) as request:
        import_job.run(request, claim)


@pytest.mark.parametrize("text", [f'{lines(30)}x,"y" z,pending,\n', f"{lines(30)}\0,,,\n"])
def test_a_file_that_is_no_csv_is_refused_as_a_whole_and_at_once(registry: Any, owner: int, text: str) -> None:
    job_id = ask(registry, owner, text)
    work(registry)
    status, _, attempts, error = job_of(registry, job_id)
    assert (status, attempts) == ("failed", 1)
    assert error
    assert error.startswith("Nothing was imported. ")
    assert "line 32" in error
    assert titles(registry, owner) == []
    assert uploads(registry) == 0
    assert result(registry, job_id) == import_job.FRESH


def test_the_file_goes_with_a_job_that_was_tried_too_often(make_registry: MakeApp, owner: int) -> None:
    registry = make_registry(jobs__max_retries="0")
    job_id = ask(registry, owner, lines(3))
    leases = Leases(registry.engine, registry.app_settings.jobs)
    assert leases.claim(job_id)
    let_leases_end(registry)
    assert leases.claim(job_id) is None
    assert job_of(registry, job_id)[0] == "failed"
    assert uploads(registry) == 0


def test_the_file_goes_with_the_account(registry: Any, owner: int) -> None:
    job_id = ask(registry, owner, lines(3))
    with request_for(registry) as request:
        accounts.remove(request.db, request.tasks, owner, "gone")
    assert uploads(registry) == 0
    assert result(registry, job_id) == {}


def test_the_same_file_asked_for_twice_is_one_job_until_it_begins(registry: Any, owner: int) -> None:
    first = ask(registry, owner, lines(3))
    assert ask(registry, owner, lines(3)) == first
    assert ask(registry, owner, lines(4)) != first
    work(registry)
    assert ask(registry, owner, lines(3)) != first


def test_tasks_in_memory_are_imported_in_batches_too(make_registry: MakeApp, owner: int) -> None:
    registry = make_registry(tasks__backend="memory", jobs__backend="inline")
    registry.worker.start()
    job_id = ask(registry, owner, lines(25))
    assert job_of(registry, job_id)[0] == "finished"
    assert len(titles(registry, owner)) == 25


def test_a_counted_file_is_rewound() -> None:
    file = io.BytesIO(lines(3).encode())
    assert [importing.count_records(file) for _ in range(2)] == [3, 3]
