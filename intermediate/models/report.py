"""Finished reports: the core's row, and the table of the analytics backend `sql`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base, UtcDateTime

GONE = 0  # a job's number is at least 1


class TaskReport(Base):
    """An owner's latest report. `mirrored_to` is the analytics sink where it stands, or NULL.

    Owners are no foreign key: when an account is deleted, an empty document with the `seq` GONE takes the place of its
    report, and is mirrored as the others are. So a sink that is away, or that comes back later, loses that owner too.
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
    """The sink of the analytics backend `sql`. Owners are no foreign key: a sink may outlive an account."""

    __tablename__ = "analytics_reports"

    owner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
