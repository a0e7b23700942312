"""The tables of finished reports: the core's, and that of the analytics backend `sql`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base, UtcDateTime

GONE = 0  # a `seq` that no job has: ids start at 1


class TaskReport(Base):
    """An owner's latest report. `mirrored_to` is the analytics sink that has it, or NULL.

    `owner_id` is no foreign key: when an account is deleted, an empty document with the `seq` GONE replaces its report,
    and is mirrored like any other. So a sink that is unavailable at that time also loses the owner's report later.
    """

    __tablename__ = "task_reports"
    __table_args__ = (Index("ix_task_reports_mirrored", "mirrored_to"),)

    owner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    request_id: Mapped[str] = mapped_column(String(64))
    generated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mirrored_to: Mapped[str | None] = mapped_column(String(100))


class AnalyticsReport(Base):
    """The sink of the analytics backend `sql`. `owner_id` is no foreign key: a sink may outlive an account."""

    __tablename__ = "analytics_reports"

    owner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
