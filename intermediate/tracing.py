"""The trace of one request: everything that is recorded with its id.

The id is accepted or generated at the edge. It is in the log lines of the web process, the row of each requested job,
the log lines of the worker that ran the job, the job's report, and its document in the analytics sink.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intermediate.models import Job, TaskReport
from intermediate.plugins.analytics.interface import Analytics
from intermediate.plugins.base import Capability
from intermediate.schemas.tasks import iso

TOLD = ("event", "request_id", "timestamp", "service", "environment", "level", "logger")


@dataclass(frozen=True)
class Step:
    at: str
    """UTC, in ISO 8601."""
    where: str
    """`edge`, `web`, `worker`, `cli`, or `ledger`, `reports`, `analytics`."""
    what: str
    more: dict[str, Any] = field(default_factory=dict)


def of_log(lines: Iterable[str], request_id: str) -> Iterator[Step]:
    """Yield steps from a log. Lines may have a prefix, as in `docker compose logs`."""
    for line in lines:
        if request_id not in line:
            continue
        try:
            found = json.loads(line[max(line.find("{"), 0) :])
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found.get("request_id") == request_id:
            more = {name: value for name, value in found.items() if name not in TOLD}
            yield Step(str(found.get("timestamp")), str(found.get("service")), str(found.get("event")), more)


def of_ledger(session: Session, request_id: str) -> Iterator[Step]:
    for job in session.scalars(select(Job).where(Job.request_id == request_id)):
        about = {"job_id": job.id, "kind": job.kind, "owner_id": job.owner_id}
        yield Step(iso(job.created_at), "ledger", "job requested", about)
        if job.started_at:
            yield Step(iso(job.started_at), "ledger", "job started", about)
        if job.finished_at:
            end = {"attempts": job.attempts} | ({"error": job.error} if job.error else {})
            yield Step(iso(job.finished_at), "ledger", f"job {job.status}", about | end)


def of_reports(session: Session, request_id: str) -> Iterator[Step]:
    for row in session.scalars(select(TaskReport).where(TaskReport.request_id == request_id)):
        more = {"owner_id": row.owner_id, "seq": row.seq, "mirrored_to": row.mirrored_to}
        yield Step(iso(row.generated_at), "reports", "report saved", more)


def of_analytics(analytics: Analytics, owners: Iterable[int], request_id: str) -> Iterator[Step]:
    """Yield steps from the sink's document of each owner. AnalyticsError if the sink is unavailable."""
    if Capability.READABLE not in analytics.capabilities:
        return
    for owner in sorted(set(owners)):
        found = analytics.get(owner)
        if found and found.get("request_id") == request_id:
            more = {"owner_id": owner, "seq": found["seq"]}
            yield Step(str(found["generated_at"]), "analytics", "analytics document", more)
