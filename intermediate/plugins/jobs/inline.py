"""The jobs backend `inline`: runs jobs after the commit and before the response, in the request's thread."""

import logging
from threading import Event

from intermediate.plugins.jobs.interface import Jobs, Reconcile, Run
from intermediate.plugins.jobs.waiting import WaitingIds

log = logging.getLogger(__name__)
POLL_SECONDS = 0.2


class InlineJobs(Jobs):
    """For tests and very small sites. A retry runs when the next job is submitted, or in a worker."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._waiting = WaitingIds()

    def start(self, run: Run, reconcile: Reconcile) -> None:
        self._run = run

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        self._waiting.add(job_id, delay)
        if self._run:
            self._run_due(self._run)

    def withdraw(self, job_id: int) -> None:
        self._waiting.discard(job_id)

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        stop = stop or Event()
        while not stop.is_set():
            reconcile()
            self._run_due(run, stop)
            if burst:
                return
            self._waiting.wait(POLL_SECONDS, stop)

    def _run_due(self, run: Run, stop: Event | None = None) -> None:
        while not (stop and stop.is_set()) and (job_id := self._waiting.pop_due()) is not None:
            try:
                run(job_id)
            except Exception:
                log.exception("job_crashed", extra={"job_id": job_id})
