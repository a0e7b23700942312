"""Reports: the job `task-report`, the rows in which it saves them, and their copies in the analytics sink.

A job is finished when its row in `task_reports` is written. The row's `seq` is the id of the job: an older run never
replaces a newer one, and a repeated run changes nothing. The row is then mirrored to the sink, and the sink's name is
recorded in `mirrored_to`; a row that has another name there is due. If the account is deleted, an empty row stays, for
which the report is removed from the sink.
"""

import logging
import time
from typing import Any

from sqlalchemy import Connection, Engine, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate.db import write_rows
from intermediate.engines import take_time
from intermediate.leases import Claim
from intermediate.models import TaskReport
from intermediate.models.base import utcnow
from intermediate.models.report import GONE
from intermediate.plugins.analytics.interface import Analytics
from intermediate.plugins.tasks.interface import Summary
from intermediate.request import Request
from intermediate.schemas.tasks import iso

log = logging.getLogger(__name__)
KIND = "task-report"
MIRROR_AT_ONCE = 100
MIRROR_SECONDS = 2.0
COUNTED = 90  # progress in percent after counting; the rest is saving


def make(request: Request, claim: Claim) -> None:
    """Run the job: count the owner's tasks and save the report. May run twice."""
    job = claim.job
    now = utcnow()
    summary = request.tasks.summary(job.owner_id, now, lambda done: claim.progress(round(done * COUNTED)))
    first = {"owner_id": job.owner_id, "seq": job.id}
    last = {"generated_at": iso(now), "request_id": request.id}
    save(request.db, first | summary_document(summary) | last, generated_at=now)


def summary_document(summary: Summary) -> dict[str, Any]:
    """Return the figures of a report, as in the API and the sink."""
    stats = summary.stats
    return {
        "total_tasks": stats.total,
        "pending_tasks": stats.pending,
        "in_progress_tasks": stats.in_progress,
        "completed_tasks": stats.completed,
        "overdue_tasks": stats.overdue,
        "completion_rate": stats.completion_rate,
        "median_completion_seconds": summary.median_completion_seconds,
        "created_per_week": [
            {"week": week.week, "created": week.created, "completed": week.completed} for week in summary.weeks
        ],
    }


def save(session: Session, document: dict[str, Any], generated_at: Any) -> bool:
    """Save the owner's latest report, unless one with this or a higher `seq` exists. Return whether it was saved."""
    owner, seq = document["owner_id"], document["seq"]
    values = {
        "seq": seq,
        "document": document,
        "request_id": document["request_id"],
        "generated_at": generated_at,
        "mirrored_to": None,
    }
    return _put(session, owner, values, TaskReport.seq < seq, TaskReport.seq != GONE)


def latest(session: Session, owner: int) -> dict[str, Any] | None:
    """Return the owner's latest report, or None."""
    return session.scalar(select(TaskReport.document).where(TaskReport.owner_id == owner, TaskReport.seq != GONE))


def forget(session: Session, owner: int, request_id: str) -> None:
    """Delete the owner's report for good: no unfinished run replaces it, and it will be removed from the sink, too."""
    nothing = {"seq": GONE, "document": {}, "request_id": request_id, "generated_at": utcnow(), "mirrored_to": None}
    _put(session, owner, nothing)


def _put(session: Session, owner: int, values: dict[str, Any], *over: Any) -> bool:
    """Insert the owner's row, or update it if the conditions `over` hold. Return whether it was written."""
    replaced = update(TaskReport).where(TaskReport.owner_id == owner, *over).values(values)
    for _ in range(2):
        if write_rows(session, replaced):
            return True
        try:
            with session.begin_nested():
                session.execute(insert(TaskReport).values(owner_id=owner, **values))
        except IntegrityError:
            continue  # a row exists: one to be kept, or one that another worker has just inserted, so compare once more
        return True
    return False


def mirror(engine: Engine, analytics: Analytics) -> int:
    """Copy the due reports to the sink and return their number.

    AnalyticsError leaves the rest due. So does a slow sink after MIRROR_SECONDS, since a worker also has jobs to run.
    Every report becomes due by itself: a new row has no sink's name, and a new sink has another name.
    """
    place = analytics.place()
    due = or_(TaskReport.mirrored_to.is_(None), TaskReport.mirrored_to < place, TaskReport.mirrored_to > place)
    rows = select(TaskReport.owner_id, TaskReport.seq, TaskReport.document).where(due).limit(MIRROR_AT_ONCE)
    with engine.connect() as connection:
        found = connection.execute(rows).all()
    deadline = time.monotonic() + MIRROR_SECONDS
    for count, row in enumerate(found, 1):
        if row.seq == GONE:
            analytics.remove(row.owner_id)
        else:
            analytics.put(row.document)
        with engine.begin() as connection:
            _note(connection, row, place)
        if time.monotonic() > deadline:
            return count
    return len(found)


def _note(connection: Connection, row: Any, place: str) -> None:
    """Record that this row is in the sink.

    If the account was deleted meanwhile, its document must be removed once more: another worker may have done so
    before it was put there.
    """
    same = update(TaskReport).where(TaskReport.owner_id == row.owner_id)
    unchanged = same.where(TaskReport.seq == row.seq).values(mirrored_to=place)
    if not connection.execute(unchanged).rowcount:
        connection.execute(same.where(TaskReport.seq == GONE).values(mirrored_to=None))


def rebuild(engine: Engine, analytics: Analytics) -> int:
    """Empty the sink, copy all reports to it again and return their number.

    If the database was restored from a backup, the sink may have newer reports, which would never be replaced. Reports
    that are saved meanwhile are copied too.
    """
    while documents := analytics.find():
        for document in documents:
            analytics.remove(document["owner_id"])
    with engine.begin() as connection:
        take_time(connection)
        connection.execute(update(TaskReport).values(mirrored_to=None))
    while mirror(engine, analytics):
        pass
    return analytics.totals().owners
