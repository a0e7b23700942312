"""The job ledger: the one authoritative record of each job, its worker, its attempts and its outcome.

A job's row is written in the transaction of the request, and its id is submitted to the queue after the commit. Queues
carry only ids and may lose or duplicate them: a worker must claim the row before it works (`intermediate.leases`).
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate.db import write_rows
from intermediate.models import Job, JobResult, Upload
from intermediate.models.base import utcnow

OPEN = ("queued", "running")


def get(session: Session, job_id: int) -> Job:
    """Return a job, or raise KeyError."""
    job = session.get(Job, job_id)
    if job is None:
        raise KeyError(job_id)
    return job


def newest(session: Session, owner: int, kind: str) -> Job | None:
    """Return the owner's newest job of a kind."""
    return session.scalar(select(Job).where(Job.owner_id == owner, Job.kind == kind).order_by(Job.id.desc()).limit(1))


def page(
    session: Session,
    owner: int | None,
    status: str | None,
    limit: int,
    offset: int,
    since: datetime | None = None,
) -> tuple[list[Job], int]:
    """Return a page of the jobs of one owner, or of all, newest first, and their total number."""
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
    """Count by status the open jobs, and those that failed since a time."""
    counted = or_(Job.status.in_(OPEN), and_(Job.status == "failed", Job.finished_at >= since))
    rows = select(Job.status, func.count()).where(counted).group_by(Job.status)
    return dict(session.execute(rows).all())


def add(session: Session, kind: str, owner: int, args: dict[str, Any], request_id: str) -> int:
    """Add a job, or join an identical one that no worker has started. Return its id."""
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
            # A concurrent request was first: join its job, or add one if that has started meanwhile.


def cancel(session: Session, job_id: int) -> bool:
    """Cancel a job. Return False if it has already ended."""
    return _cancel(session, Job.id == job_id) > 0


def retry(session: Session, job_id: int) -> bool:
    """Queue a failed job again with all its attempts. Return False if it has not failed.

    It is not joined with an identical job that was added meanwhile and does the same work on newer data.
    """
    again = {"status": "queued", "attempts": 0, "progress": 0, "run_at": utcnow(), "worker": None}
    nothing = dict.fromkeys(("started_at", "finished_at", "error", "lease_until"))
    rows = update(Job).where(Job.id == job_id, Job.status == "failed").values(again | nothing)
    return write_rows(session, rows, synchronize="fetch") > 0


def cancel_all(session: Session, owner: int) -> int:
    """Cancel an owner's open jobs and return their number. A queue may still deliver their ids.

    The rows of jobs stay, so that no id is used twice; all uploads and results of the owner are deleted.
    """
    forget(session, JobResult, Job.owner_id == owner)
    return _cancel(session, Job.owner_id == owner)


def forget_ended(session: Session, before: datetime) -> int:
    """Delete the jobs that ended before a time, with their results, and return their number. No id is used again."""
    return write_rows(session, delete(Job).where(Job.status.not_in(OPEN), Job.finished_at < before))


def give_up_waiting(session: Session, kind: str, before: datetime) -> int:
    """Cancel the queued jobs of a kind that were created before a time, and return their number."""
    waiting = (Job.kind == kind, Job.status == "queued", Job.created_at < before)
    ids = list(session.scalars(select(Job.id).where(*waiting)))
    return _cancel(session, Job.id.in_(ids)) if ids else 0


def _cancel(session: Session, which: Any) -> int:
    ending = {"status": "cancelled", "finished_at": utcnow(), "joinable": None, "lease_until": None}
    rows = update(Job).where(which, Job.status.in_(OPEN)).values(ending)
    ended = write_rows(session, rows, synchronize="fetch")
    forget(session, Upload, which)
    return ended


def forget(session: Session | Connection, table: type[Upload | JobResult], which: Any) -> None:
    """Delete the uploads or results of jobs, in the transaction that ends them."""
    write_rows(session, delete(table).where(table.job_id.in_(select(Job.id).where(which))))


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for a job that a worker should run: queued and at its time, or with an expired lease."""
    return or_(and_(Job.status == "queued", Job.run_at <= now), and_(Job.status == "running", Job.lease_until < now))
