"""Metrics of jobs, read from the ledger when they are collected, whichever processes requested and ran the jobs.

Every web process reports the same values: take the `max` of several, not the sum.
"""

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy import Engine, case, func, select

from intermediate.ledger import is_due
from intermediate.models import Job
from intermediate.models.base import microseconds, utcnow

BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
SECOND = 1_000_000
OVER = ("finished", "failed", "cancelled")


def waiting(engine: Engine) -> list[Metric]:
    """Return the metrics of open jobs. They are read from an index, so the length of the ledger does not matter."""
    now = utcnow()
    with engine.connect() as connection:
        rows = (
            select(Job.status, func.count().label("number"))
            .where(Job.status.in_(("queued", "running")))
            .group_by(Job.status)
        )
        depth = {row.status: row.number for row in connection.execute(rows)}
        due, oldest = connection.execute(select(func.count(), func.min(Job.run_at)).where(is_due(now))).one()
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return [
        GaugeMetricFamily("intermediate_jobs_queued", "Jobs waiting for a worker.", depth.get("queued", 0)),
        GaugeMetricFamily("intermediate_jobs_running", "Jobs being run by a worker.", depth.get("running", 0)),
        GaugeMetricFamily("intermediate_jobs_due", "Jobs that are due but not being run.", due),
        GaugeMetricFamily("intermediate_oldest_due_job_seconds", "How long the oldest due job has been waiting.", age),
    ]


def ended(engine: Engine) -> list[Metric]:
    """Return the outcomes of jobs, and their durations from the first start. Reads the whole ledger."""
    labels = ("kind", "outcome")
    counts = GaugeMetricFamily("intermediate_jobs_ended", "Jobs in the ledger that have ended.", labels=labels)
    took = HistogramMetricFamily("intermediate_job_duration_seconds", "Durations of jobs.", labels=labels)
    duration = microseconds(Job.finished_at) - microseconds(Job.started_at)
    begun = case((Job.started_at.is_not(None), 1), else_=0)
    within = [case((duration <= bound * SECOND, 1), else_=0) for bound in BUCKETS]
    sums = [func.count(), *(func.coalesce(func.sum(column), 0) for column in (begun, duration, *within))]
    rows = select(Job.kind, Job.status, *sums).where(Job.status.in_(OVER)).group_by(Job.kind, Job.status)
    with engine.connect() as connection:
        for kind, outcome, number, started, total, *below in connection.execute(rows):
            counts.add_metric((kind, outcome), number)
            buckets = [(str(float(bound)), float(value)) for bound, value in zip(BUCKETS, below, strict=True)]
            took.add_metric((kind, outcome), [*buckets, ("+Inf", float(started))], float(total) / SECOND)
    return [counts, took]
