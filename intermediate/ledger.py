"""The job ledger: the one owner of what is to be done, who does it, how often it was tried and how it ended.

A job is written in the transaction of the request that asks for it, and handed to the queue after the commit. Queues
carry ids and may lose or double them: a worker claims the row, or does nothing (`intermediate.leases`).
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
    """End what an owner has asked for, and say how many jobs that were. A queue may go on carrying their ids.

    The jobs stay, so that no number is given twice; what they were given and what came of them does not.
    """
    forget(session, JobResult, Job.owner_id == owner)
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
    forget(session, Upload, which)
    return ended


def forget(session: Session | Connection, table: type[Upload | JobResult], which: Any) -> None:
    """What jobs were given to work on goes with their end, in the same transaction."""
    write_rows(session, delete(table).where(table.job_id.in_(select(Job.id).where(which))))


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether somebody should be working on a job, in SQL."""
    return or_(and_(Job.status == "queued", Job.run_at <= now), and_(Job.status == "running", Job.lease_until < now))
