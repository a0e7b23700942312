"""What the suite of jobs is given: a queue, and a `run` and `reconcile` that note that they were called."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from intermediate.plugins.jobs.interface import Jobs
from intermediate.testing.contract import eventually

_ids = itertools.count(1)


class JobsBench:
    """A queue, ids that no other test has, and a `run` and `reconcile` that note that they were called."""

    def __init__(self, jobs: Jobs, patience: float) -> None:
        self.jobs = jobs
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

    def burst(self, run: Callable[[int], None] | None = None) -> None:
        """Work until nothing is due."""
        with self.working(run=run, burst=True) as thread:
            thread.join(self.patience)
            assert not thread.is_alive(), f"a burst has not ended within {self.patience} s"

    @contextmanager
    def working(self, *, run: Callable[[int], None] | None = None, burst: bool = False) -> Iterator[threading.Thread]:
        """A worker in a thread, which is told to stop at the end."""
        stop = threading.Event()
        arguments = {"burst": burst, "stop": stop}
        thread = threading.Thread(
            target=self.jobs.work, args=(run or self.run, self.reconcile), kwargs=arguments, daemon=True
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
