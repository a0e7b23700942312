"""The bench and the base class of the suite of jobs backends."""

import itertools
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

import pytest

from intermediate import accounts, ledger, queueing
from intermediate.plugins.jobs.interface import Jobs, JobsError
from intermediate.scripting import request_for
from intermediate.testing.away import Away, all_tell
from intermediate.testing.contract import Contract, eventually, in_threads

_ids = itertools.count(1)


class _AbortError(Exception):
    """Raised to abort a transaction."""


class JobsBench:
    """The queue under test, ids that no other test uses, and a `run` and `reconcile` that record their calls."""

    def __init__(self, jobs: Jobs, patience: float, registry: Any, away: Away) -> None:
        self.jobs = jobs
        self.registry = registry
        self.away = away
        self.patience = patience
        self.ran: list[int] = []
        self.reconciled = 0

    def new_id(self) -> int:
        return next(_ids)

    def run(self, job_id: int) -> None:
        self.ran.append(job_id)

    def reconcile(self) -> int:
        self.reconciled += 1
        return 0

    @contextmanager
    def asking(self, *, abort: bool = False) -> Iterator[int]:
        """Submit a job in a request, and yield its id before the transaction ends."""
        with suppress(_AbortError), request_for(self.registry) as request:
            request.jobs = self.jobs
            owner = accounts.create(request.db, f"{secrets.token_hex(8)}@example.com", None)
            yield queueing.ask(request, "task-report", owner.id).id
            if abort:
                raise _AbortError

    def is_committed(self, job_id: int) -> bool:
        """Return whether a new transaction sees the row of a job."""
        with request_for(self.registry) as request, suppress(KeyError):
            return ledger.get(request.db, job_id).id == job_id
        return False

    def all_tell(self, away: Jobs) -> None:
        """Assert that each method raises JobsError, except `withdraw`, which raises nothing."""

        def burst() -> None:
            in_threads(lambda: away.work(self.run, self.reconcile, burst=True), patience=self.patience)

        all_tell(JobsError, {"ping": away.ping, "submit": lambda: away.submit(self.new_id()), "burst": burst})
        away.withdraw(self.new_id())
        assert self.ran == []

    def burst(self, run: Callable[[int], None] | None = None) -> None:
        """Run a worker until nothing is due."""
        with self.working(run=run, burst=True) as thread:
            thread.join(self.patience)
            assert not thread.is_alive(), f"a burst has not ended within {self.patience} s"

    @contextmanager
    def working(
        self, *, run: Callable[[int], None] | None = None, burst: bool = False, on: Jobs | None = None
    ) -> Iterator[threading.Thread]:
        """Run a worker in a thread and stop it at the end. It works on the queue `on`, by default that of the bench."""
        stop = threading.Event()
        arguments = {"burst": burst, "stop": stop}
        thread = threading.Thread(
            target=(on or self.jobs).work, args=(run or self.run, self.reconcile), kwargs=arguments, daemon=True
        )
        thread.start()
        try:
            yield thread
        finally:
            stop.set()
        thread.join(self.patience)
        assert not thread.is_alive(), f"a worker has not stopped within {self.patience} s"

    def eventually(self, condition: Callable[[], bool]) -> bool:
        return eventually(condition, self.patience)


class JobsSuite(Contract):
    kind: ClassVar = "jobs"
    interface: ClassVar = Jobs

    @pytest.fixture
    def jobs(self, registry: Any) -> Iterator[JobsBench]:
        with self.bench(registry) as bench:
            yield bench

    @classmethod
    @contextmanager
    def bench(cls, registry: Any) -> Iterator[JobsBench]:
        """Yield the bench for one test, with a new backend, because a closed one cannot be used again."""
        jobs = cls.make(registry)
        try:
            yield JobsBench(jobs, cls.patience, registry, cls.away(registry))
        finally:
            # The queue may outlive this backend, so take out what is left in it before the next test.
            jobs.work(lambda _job_id: None, lambda: 0, burst=True)
            jobs.close()
