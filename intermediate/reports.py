"""Reports: what the job `task-report` makes, where it stands, and how it gets to the analytics sink.

A job is finished when its row in `task_reports` stands. The row's `seq` is the number of the ledger row that asked for
it: an older run never replaces a newer one, and a run that is repeated changes nothing. From the row the report is
mirrored to the sink, whose name is noted once it is there; a row that notes another name is due. Where the account is
gone, an empty row stays, and what is mirrored is that there is no report.
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
COUNTED = 90  # percent of the progress when all is counted; the rest is saving


def make(request: Request, claim: Claim) -> None:
    """The job: count the owner's tasks and save the report. May run twice."""
    job = claim.job
    now = utcnow()
    summary = request.tasks.summary(job.owner_id, now, lambda done: claim.progress(round(done * COUNTED)))
    first = {"owner_id": job.owner_id, "seq": job.id}
    last = {"generated_at": iso(now), "request_id": request.id}
    save(request.db, first | summary_document(summary) | last, generated_at=now)


def summary_document(summary: Summary) -> dict[str, Any]:
    """The figures of a report, as the API and the sink have them."""
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
    """Make this the owner's latest report, unless one with this or a higher `seq` is there. Whether it was saved."""
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
    """The owner's latest report, or None."""
    return session.scalar(select(TaskReport.document).where(TaskReport.owner_id == owner, TaskReport.seq != GONE))


def forget(session: Session, owner: int, request_id: str) -> None:
    """Delete the owner's report for good: no run that still goes on replaces it, and the sink will lose it, too."""
    nothing = {"seq": GONE, "document": {}, "request_id": request_id, "generated_at": utcnow(), "mirrored_to": None}
    _put(session, owner, nothing)


def _put(session: Session, owner: int, values: dict[str, Any], *over: Any) -> bool:
    """Make these the values of the owner's row, if there is none or one of which `over` holds. Whether that was so."""
    replaced = update(TaskReport).where(TaskReport.owner_id == owner, *over).values(values)
    for _ in range(2):
        if write_rows(session, replaced):
            return True
        try:
            with session.begin_nested():
                session.execute(insert(TaskReport).values(owner_id=owner, **values))
        except IntegrityError:
            continue  # one is there: not to be replaced, or put by another worker just now, so compare once more
        return True
    return False


def mirror(engine: Engine, analytics: Analytics) -> int:
    """Put reports that the sink may not have there, and say how many. AnalyticsError leaves the rest due, and so does
    a sink that is slow: a worker has jobs to run, and comes back.

    Whatever the sink is, it fills itself: a new one has another name, and a report's new row has none.
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
    """Note that this row is in the sink.

    If the account was deleted meanwhile, its document is due to be removed once more: another worker may have done so
    before it was put.
    """
    same = update(TaskReport).where(TaskReport.owner_id == row.owner_id)
    unchanged = same.where(TaskReport.seq == row.seq).values(mirrored_to=place)
    if not connection.execute(unchanged).rowcount:
        connection.execute(same.where(TaskReport.seq == GONE).values(mirrored_to=None))


def rebuild(engine: Engine, analytics: Analytics) -> int:
    """Empty the sink, put all reports there again, and say how many it has.

    What it held may be newer than what is known here, if the database came back from a backup, and would then never be
    replaced. Reports that are made meanwhile get there too.
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
