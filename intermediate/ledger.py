"""The job ledger: the one owner of what is to be done, who does it, how often it was tried and how it ended.

A job is written in the transaction of the request that asks for it, and handed to the queue after the commit. Queues
carry ids and may lose or double them: `run` claims the row, or does nothing. A worker holds a job by a lease that it
renews; when a lease ends the job is due again, so `kill -9` costs a lease and never a job. What takes too long loses
its lease too, and has failed.
"""

import json
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

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate.db import write_rows
from intermediate.models import Job, JobResult, Upload
from intermediate.models.base import UtcDateTime, utcnow
from intermediate.sections import Jobs as JobsSettings

log = logging.getLogger(__name__)
RECONCILE_AT_ONCE = 100
OPEN = ("queued", "running")


def get(session: Session, job_id: int) -> Job:
    """A job, or KeyError."""
    job = session.get(Job, job_id)
    if job is None:
        raise KeyError(job_id)
    return job


def newest(session: Session, owner: int, kind: str) -> Job | None:
    """The owner's last asked-for job of a kind."""
    return session.scalar(select(Job).where(Job.owner_id == owner, Job.kind == kind).order_by(Job.id.desc()).limit(1))


def page(
    session: Session,
    owner: int | None,
    status: str | None,
    limit: int,
    offset: int,
    since: datetime | None = None,
) -> tuple[list[Job], int]:
    """Jobs of one owner, or of all, newest first, and how many there are."""
    rows = select(Job)
    if since is not None:
        rows = rows.where(Job.created_at >= since)
    if owner is not None:
        rows = rows.where(Job.owner_id == owner)
    if status is not None:
        rows = rows.where(Job.status == status)
    total = session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    return list(session.scalars(rows.order_by(Job.id.desc()).limit(limit).offset(offset))), total


def tally(session: Session, since: datetime) -> dict[str, int]:
    """How many jobs wait, run, and have failed since then."""
    counted = or_(Job.status.in_(OPEN), and_(Job.status == "failed", Job.finished_at >= since))
    rows = select(Job.status, func.count()).where(counted).group_by(Job.status)
    return dict(session.execute(rows).all())


def add(session: Session, kind: str, owner: int, args: dict[str, Any], request_id: str) -> int:
    """Write down a job, or join one that asks for the same and that nobody has begun. Its id."""
    joinable = f"{kind}:{owner}:{json.dumps(args, sort_keys=True)}"
    values = {"kind": kind, "owner_id": owner, "args": args, "joinable": joinable, "request_id": request_id}
    while True:
        queued = session.scalar(select(Job.id).where(Job.joinable == joinable))
        if queued is not None:
            return queued
        try:
            with session.begin_nested():
                return session.scalars(insert(Job).values(values).returning(Job.id)).one()
        except IntegrityError as error:
            if "joinable" not in str(error.orig):
                raise
            # Another request was first: join its job, or make one if that has begun meanwhile.


def cancel(session: Session, job_id: int) -> bool:
    """End a job that is not over. False if it is."""
    return _cancel(session, Job.id == job_id) > 0


def retry(session: Session, job_id: int) -> bool:
    """Queue a failed job again, as if it had not been tried. False if it has not failed.

    It joins no other: one of the same that was asked for meanwhile does the same, and more of it.
    """
    again = {"status": "queued", "attempts": 0, "progress": 0, "run_at": utcnow(), "worker": None}
    nothing = dict.fromkeys(("started_at", "finished_at", "error", "lease_until"))
    rows = update(Job).where(Job.id == job_id, Job.status == "failed").values(again | nothing)
    return write_rows(session, rows, synchronize="fetch") > 0


def cancel_all(session: Session, owner: int) -> int:
    """End what an owner has asked for, and say how many jobs that were. Queues that carry their ids carry nothing.

    The jobs stay, so that no number is given twice; what they were given and what came of them does not.
    """
    _forget(session, JobResult, Job.owner_id == owner)
    return _cancel(session, Job.owner_id == owner)


def forget_ended(session: Session, before: datetime) -> int:
    """Delete the jobs that ended before a time, with what came of them, and say how many. No number is given again."""
    return write_rows(session, delete(Job).where(Job.status.not_in(OPEN), Job.finished_at < before))


def give_up_waiting(session: Session, kind: str, before: datetime) -> int:
    """End the jobs of a kind that have waited since before a time, and say how many that were."""
    waiting = (Job.kind == kind, Job.status == "queued", Job.created_at < before)
    ids = list(session.scalars(select(Job.id).where(*waiting)))
    return _cancel(session, Job.id.in_(ids)) if ids else 0


def _cancel(session: Session, which: Any) -> int:
    ending = {"status": "cancelled", "finished_at": utcnow(), "joinable": None, "lease_until": None}
    rows = update(Job).where(which, Job.status.in_(OPEN)).values(ending)
    ended = write_rows(session, rows, synchronize="fetch")
    _forget(session, Upload, which)
    return ended


def _forget(session: Session | Connection, table: type[Upload | JobResult], which: Any) -> None:
    """What jobs were given to work on goes with their end, in the same transaction."""
    write_rows(session, delete(table).where(table.job_id.in_(select(Job.id).where(which))))


class HopelessError(Exception):
    """The job would fail each time it is tried. The message is for its owner."""


class LostLeaseError(Exception):
    """The job is not ours any more: it was cancelled, or another worker has it."""


class Claim:
    """One attempt at a job. All that it writes is written only while the lease is ours."""

    def __init__(self, engine: Engine, job: Any, worker: str, lease_seconds: float) -> None:
        self.job = job
        self._engine = engine
        self._lease = timedelta(seconds=lease_seconds)
        self._ours = and_(Job.id == job.id, Job.status == "running", Job.worker == worker, Job.attempts == job.attempts)

    def write(self, **values: Any) -> None:
        """Change the row, or LostLeaseError."""
        with self._engine.begin() as connection:
            self.keep(connection, **values)

    def keep(self, session: Session | Connection, **values: Any) -> None:
        """Change the row within a transaction, which then stands only if the job is ours, or LostLeaseError."""
        if not write_rows(session, update(Job).where(self._ours).values(values)):
            raise LostLeaseError(self.job.id)
        if "finished_at" in values:
            _forget(session, Upload, Job.id == self.job.id)

    def progress(self, percent: int) -> None:
        """Say how far the work is, 0 to 100."""
        self.write(progress=percent)

    def renew(self) -> None:
        self.write(lease_until=utcnow() + self._lease)

    @contextmanager
    def kept(self, timeout_seconds: float, overdue: Callable[[], None]) -> Iterator[None]:
        """Renew the lease from a thread of its own while the work goes on. When it has gone on for too long, `overdue`
        is called instead, from there: until that has succeeded, or the lease has ended."""
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
                except Exception:  # noqa: BLE001, S112  the database may be back for the next beat
                    continue

        threading.Thread(target=beat, name=f"lease-{self.job.id}", daemon=True).start()
        try:
            yield
        finally:
            done.set()


class Ledger:
    """The worker's side: claiming, ending and finding jobs, in transactions of their own."""

    def __init__(self, engine: Engine, settings: JobsSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def claim(self, job_id: int) -> Claim | None:
        """Take a job if it is due, or None. One that was tried too often ends here as failed."""
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
            "error": "the worker was lost, each time it was tried",
        }
        if write_rows(connection, update(Job).where(lost, Job.attempts > self._settings.max_retries).values(ending)):
            _forget(connection, Upload, Job.id == job_id)
            log.error("job_failed", extra={"job_id": job_id, "error": ending["error"]})

    def finish(self, claim: Claim) -> None:
        claim.write(status="finished", finished_at=utcnow(), progress=100, lease_until=None, error=None)

    def fail(self, claim: Claim, error: str, *, again: bool = True) -> float | None:
        """Note a failure. The seconds until the job is tried again, or None if that was the last time."""
        attempts = claim.job.attempts
        if not again or attempts > self._settings.max_retries:
            claim.write(status="failed", finished_at=utcnow(), error=error, lease_until=None)
            return None
        waits = self._settings.retry_backoff_seconds
        delay = waits[min(attempts, len(waits)) - 1]
        claim.write(status="queued", error=error, run_at=utcnow() + timedelta(seconds=delay), lease_until=None)
        return delay

    def due(self) -> list[int]:
        """The ids of jobs that someone should be working on, oldest first."""
        with self._engine.connect() as connection:
            rows = select(Job.id).where(is_due(utcnow())).order_by(Job.run_at, Job.id).limit(RECONCILE_AT_ONCE)
            return list(connection.scalars(rows))


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether somebody should be working on a job, in SQL."""
    return or_(and_(Job.status == "queued", Job.run_at <= now), and_(Job.status == "running", Job.lease_until < now))
