"""The worker's side of the ledger: a worker holds a job by a lease.

A worker renews the lease while it works. When the lease expires, the job is due again: a worker that is killed delays
the job by one lease, and never loses it. An attempt that takes too long loses its lease too, and has failed.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, literal, select, update
from sqlalchemy.orm import Session

from intermediate.db import write_rows
from intermediate.ledger import forget, is_due
from intermediate.models import Job, Upload
from intermediate.models.base import UtcDateTime, utcnow
from intermediate.sections import Jobs as JobsSettings

log = logging.getLogger(__name__)
RECONCILE_AT_ONCE = 100


class HopelessError(Exception):
    """The job would fail on every attempt. The message is for its owner."""


class LostLeaseError(Exception):
    """This worker no longer holds the job: it was cancelled, or another worker has claimed it."""


class Claim:
    """One attempt at a job. It updates the row only while this worker holds the lease."""

    def __init__(self, engine: Engine, job: Any, worker: str, lease_seconds: float) -> None:
        self.job = job
        self._engine = engine
        self._lease = timedelta(seconds=lease_seconds)
        self._ours = and_(Job.id == job.id, Job.status == "running", Job.worker == worker, Job.attempts == job.attempts)

    def write(self, **values: Any) -> None:
        """Update the row, or raise LostLeaseError."""
        with self._engine.begin() as connection:
            self.keep(connection, **values)

    def keep(self, session: Session | Connection, **values: Any) -> None:
        """Update the row in a transaction, so that it commits only while the lease is held. Else LostLeaseError."""
        if not write_rows(session, update(Job).where(self._ours).values(values)):
            raise LostLeaseError(self.job.id)
        if "finished_at" in values:
            forget(session, Upload, Job.id == self.job.id)

    def progress(self, percent: int) -> None:
        """Write the progress, 0 to 100 percent."""
        self.write(progress=percent)

    def renew(self) -> None:
        self.write(lease_until=utcnow() + self._lease)

    @contextmanager
    def kept(self, timeout_seconds: float, overdue: Callable[[], None]) -> Iterator[None]:
        """Renew the lease in a separate thread during the work.

        After `timeout_seconds` the thread calls `overdue` instead, until that succeeds or the lease is lost.
        """
        done = threading.Event()
        pause = self._lease.total_seconds() / 3
        deadline = time.monotonic() + timeout_seconds

        def beat() -> None:
            wait = min(pause, timeout_seconds)
            while not done.wait(wait):
                left = deadline - time.monotonic()
                wait = min(pause, left) if left > 0 else pause
                try:
                    if left <= 0:
                        overdue()
                        return
                    self.renew()
                except LostLeaseError:
                    return
                except Exception:  # noqa: BLE001, S112  the database may be available again at the next beat
                    continue

        threading.Thread(target=beat, name=f"lease-{self.job.id}", daemon=True).start()
        try:
            yield
        finally:
            done.set()


class Leases:
    """Claims, ends and finds jobs, each in its own transaction."""

    def __init__(self, engine: Engine, settings: JobsSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def claim(self, job_id: int) -> Claim | None:
        """Claim a job if it is due, else return None. A lost job without attempts left is marked as failed."""
        now = utcnow()
        me = f"{self._worker}:{threading.get_ident()}"
        taken = {
            "status": "running",
            "worker": me,
            "attempts": Job.attempts + 1,
            "lease_until": now + timedelta(seconds=self._settings.lease_seconds),
            "started_at": func.coalesce(Job.started_at, literal(now, UtcDateTime)),
            "joinable": None,
            "progress": 0,
        }
        with self._engine.begin() as connection:
            self._give_up(connection, job_id, now)
            row = connection.execute(
                update(Job).where(Job.id == job_id, is_due(now)).values(taken).returning(Job.__table__)
            ).first()
        return Claim(self._engine, row, me, self._settings.lease_seconds) if row else None

    def _give_up(self, connection: Connection, job_id: int, now: datetime) -> None:
        lost = and_(Job.id == job_id, Job.status == "running", Job.lease_until < now)
        ending = {
            "status": "failed",
            "finished_at": now,
            "error": "the worker was lost on every attempt",
        }
        if write_rows(connection, update(Job).where(lost, Job.attempts > self._settings.max_retries).values(ending)):
            forget(connection, Upload, Job.id == job_id)
            log.error("job_failed", extra={"job_id": job_id, "error": ending["error"]})

    def finish(self, claim: Claim) -> None:
        claim.write(status="finished", finished_at=utcnow(), progress=100, lease_until=None, error=None)

    def fail(self, claim: Claim, error: str, *, again: bool = True) -> float | None:
        """Record a failure. Return the seconds until the next attempt, or None if there is none."""
        attempts = claim.job.attempts
        if not again or attempts > self._settings.max_retries:
            claim.write(status="failed", finished_at=utcnow(), error=error, lease_until=None)
            return None
        waits = self._settings.retry_backoff_seconds
        delay = waits[min(attempts, len(waits)) - 1]
        claim.write(status="queued", error=error, run_at=utcnow() + timedelta(seconds=delay), lease_until=None)
        return delay

    def due(self) -> list[int]:
        """Return the ids of due jobs, oldest first."""
        with self._engine.connect() as connection:
            rows = select(Job.id).where(is_due(utcnow())).order_by(Job.run_at, Job.id).limit(RECONCILE_AT_ONCE)
            return list(connection.scalars(rows))
