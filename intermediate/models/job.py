"""The table of the job ledger."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base, UtcDateTime, utcnow

JobKind = Literal["task-report", "import"]
JobStatus = Literal["queued", "running", "finished", "failed", "cancelled"]


class Job(Base):
    """A background job. Its id is also its position in the order of requests (`seq` in reports).

    `joinable` is a key of the job's work until it starts: a second request for the same work joins this job. `worker`
    holds the lease on the job until `lease_until`. `owner_id` is no foreign key: when an account is deleted, its jobs
    stay in the ledger, cancelled.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'finished', 'failed', 'cancelled')", name="status"),
        Index("ix_jobs_due", "status", "run_at"),
        Index("ix_jobs_owner", "owner_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(String(40))
    owner_id: Mapped[int]
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    joinable: Mapped[str | None] = mapped_column(String(200), unique=True)
    status: Mapped[JobStatus] = mapped_column(String(10), default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    worker: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    request_id: Mapped[str] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
