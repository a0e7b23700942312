"""The contract of a jobs backend, which only delivers the ids of ledger rows to workers.

Status, attempts, retries, leases and results belong to the ledger (`intermediate.ledger`). A backend may deliver an
id twice, late, or not at all: running an id that is not due does nothing, and the reconciler resubmits lost ids.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Event

from intermediate.plugins.base import Backend, BackendError

Run = Callable[[int], None]
"""Run the job with this id if it is due. Raises only exceptions that end the process."""
Reconcile = Callable[[], int]
"""Submit every job that is due and may have been lost, and return their number. Raises nothing."""


class JobsError(BackendError):
    """The queue cannot be reached."""

    code = "queue_unavailable"


class Jobs(Backend, ABC):
    """A queue of job ids.

    Promises:
        submitted_ids_run: each submitted id reaches `run` of a worker.
        nothing_runs_unsubmitted: `run` is called only with submitted ids.
        submitting_twice_is_allowed: an id may be submitted again at any time, even while it runs.
        delayed_ids_wait: an id submitted with a delay does not run before the delay has passed.
        withdrawn_ids_are_allowed: `withdraw` of any id, known or unknown, raises nothing and affects no other id.
        failing_runs_do_not_stop_work: when `run` raises, the next ids still run.
        burst_ends_when_empty: `work(burst=True)` returns once nothing is due.
        stop_ends_work: `work` returns soon after `stop` is set, between two jobs.
        work_reconciles: `work` calls `reconcile` before its first wait and after every wait.
        start_returns_at_once: `start` does no work itself, not even reconciling.
        commit_comes_first: an id submitted by a request runs only after the request's transaction has committed, and
            sees its writes; if the transaction aborts, the id does not run.
        unreachable_is_told: while its service cannot be reached, `submit`, `ping` and `work(burst=True)` raise
            JobsError, `ping` within a second; `withdraw` raises nothing, and a worker keeps running (if remote).
    """

    def start(self, run: Run, reconcile: Reconcile) -> None:
        """Start running jobs in this web process, if the backend does so. Returns at once.

        Called once in each process that serves requests, with its first request.
        """

    @abstractmethod
    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        """Send an id to a worker, `delay` seconds from now. Called after the commit. Raises JobsError on failure."""

    @abstractmethod
    def withdraw(self, job_id: int) -> None:
        """Remove an id from the queue if that is cheap. A withdrawn id may still run."""

    @abstractmethod
    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        """Run as a worker: run ids as they arrive, and reconcile when idle, until `stop` is set.

        With `burst`, return when nothing is due, or raise JobsError if the queue is unavailable. Without it, keep
        running through every outage.
        """
