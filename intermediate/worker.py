"""The worker: runs jobs that are due by the ledger, and submits jobs again that the queue has lost."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.tweens import EXCVIEW
from sqlalchemy.exc import SQLAlchemyError

from intermediate import import_job, ledger, reports, sweeping
from intermediate.leases import Claim, HopelessError, Leases, LostLeaseError
from intermediate.logs import about
from intermediate.outages import Outage
from intermediate.plugins.base import BackendError
from intermediate.plugins.tasks.interface import OwnerGoneError
from intermediate.queueing import hand_over
from intermediate.request import Handler, Request
from intermediate.scripting import request_for

log = logging.getLogger(__name__)
FIRST_SWEEP, SWEEP_EVERY = 60.0, 3600.0

JOBS: dict[str, Callable[[Request, Claim], None]] = {reports.KIND: reports.make, import_job.KIND: import_job.run}
"""The function of each kind of job. It gets its own request, committed when it returns, and may run twice."""


class Worker:
    """Runs the jobs of one application. All threads of a process share it."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._leases = Leases(registry.engine, registry.app_settings.jobs)
        self._timeout = registry.app_settings.jobs.timeout_seconds
        self._database = Outage("database", pause_seconds=1)
        self._queue = Outage("queue", pause_seconds=1)
        self._sink = Outage("analytics", pause_seconds=5, others=SQLAlchemyError)
        self._sweeping = Outage("sweeping", pause_seconds=0)
        self._next_sweep = time.monotonic() + FIRST_SWEEP
        self._mirroring = Lock()
        self._started = False
        self._starting = Lock()

    def start(self) -> None:
        """Start the threads of the queue in this process, if it has any. Only the first call has an effect."""
        with self._starting:
            if not self._started:
                self._started = True
                self._registry.jobs.start(self.run, self.reconcile)

    def run(self, job_id: int) -> None:
        """Run a job if it is due. If the database fails meanwhile, the lease expires and the job is due again."""
        with self._database.noted():
            claim = self._leases.claim(job_id)
            if claim is None:
                return
            with about(claim.job.request_id), claim.kept(self._timeout, lambda: self._overdue(claim)):
                try:
                    self._attempt(claim)
                except LostLeaseError:
                    log.warning("job_lost", extra={"job_id": job_id})
        self._mirror()

    def _attempt(self, claim: Claim) -> None:
        job = claim.job
        words = {"job_id": job.id, "kind": job.kind, "owner_id": job.owner_id, "attempt": job.attempts}
        log.info("job_started", extra=words)
        started = time.perf_counter()
        try:
            with request_for(self._registry, job.request_id) as request:
                JOBS[job.kind](request, claim)
        except LostLeaseError:
            raise
        except OwnerGoneError:
            # The job was requested while its account was being deleted, too late to be cancelled with it.
            with request_for(self._registry, job.request_id) as request:
                ledger.cancel_all(request.db, job.owner_id)
            raise LostLeaseError(job.id) from None
        except HopelessError as error:
            self._leases.fail(claim, str(error), again=False)
            log.warning("job_failed", extra=words | {"error": str(error)})
            return
        except Exception as error:
            delay = self._try_again(claim, reason(error))
            log.exception("job_failed", extra=words | {"retry_in_seconds": delay})
            return
        self._leases.finish(claim)
        log.info("job_finished", extra=words | {"ms": round((time.perf_counter() - started) * 1000)})

    def _overdue(self, claim: Claim) -> None:
        """Fail an attempt that exceeds the timeout. Its thread cannot be stopped; its next update is LostLeaseError."""
        why = f"The job took longer than {self._timeout:g} s."
        with about(claim.job.request_id):
            delay = self._try_again(claim, why)
            log.error("job_failed", extra={"job_id": claim.job.id, "error": why, "retry_in_seconds": delay})

    def _try_again(self, claim: Claim, why: str) -> float | None:
        """Record a failure and submit the next attempt. Return its delay in seconds, or None if there is none."""
        delay = self._leases.fail(claim, why)
        if delay is not None:
            hand_over(self._registry.jobs, claim.job.id, delay)
        return delay

    def reconcile(self) -> int:
        """Submit all due jobs, mirror reports and sweep. Each worker calls it between jobs and when idle."""
        due: list[int] = []
        if self._database.over():
            with self._database.noted():
                due = self._leases.due()
        if due and self._queue.over():
            with self._queue.noted():
                for job_id in due:
                    self._registry.jobs.submit(job_id)
        self._mirror()
        self._sweep()
        return len(due)

    def _sweep(self) -> None:
        """Delete expired data, every SWEEP_EVERY seconds."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_EVERY
        with self._sweeping.noted():
            swept = sweeping.sweep(self._registry)
            log.info("swept", extra=swept._asdict())

    def _mirror(self) -> None:
        """Mirror reports, in one thread at a time: if the sink hangs, the other threads still run jobs."""
        if not self._mirroring.acquire(blocking=False):
            return
        try:
            if self._sink.over() and self._database.over():
                with self._database.noted(), self._sink.noted():
                    reports.mirror(self._registry.engine, self._registry.analytics)
        finally:
            self._mirroring.release()


def reason(error: Exception) -> str:
    """Return why a job failed, for its owner. The error's own message may contain secrets, so only the log has it."""
    if isinstance(error, BackendError):
        return f"A service that the job needs did not respond ({error.code})."
    return f"The job stopped with {type(error).__name__}. See the log for its request id."


def starting_tween(handler: Handler, registry: Any) -> Handler:
    """Start threads at the first request of a process: not while it may still fork, and not in other commands."""

    def tween(request: Request) -> Response:
        registry.worker.start()
        return handler(request)

    return tween


def includeme(config: Configurator) -> None:
    config.registry.worker = Worker(config.registry)
    config.add_tween("intermediate.worker.starting_tween", under=EXCVIEW)
