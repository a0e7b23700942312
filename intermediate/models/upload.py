"""What a job is given to work on, and what comes of it."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base

JOB = "jobs.id"


class Upload(Base):
    """A file that a client sent, where any worker can read it. It goes with the end of its job."""

    __tablename__ = "uploads"

    job_id: Mapped[int] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class JobResult(Base):
    """What a job has done, for its owner. While it runs, also how far it has come."""

    __tablename__ = "job_results"

    job_id: Mapped[int] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
