"""The tables of jobs' input files and results."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base

JOB = "jobs.id"


class Upload(Base):
    """An uploaded file, in the database so that any worker can read it. It is deleted when its job ends."""

    __tablename__ = "uploads"

    job_id: Mapped[int] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class JobResult(Base):
    """The result of a job, or its state so far while the job runs."""

    __tablename__ = "job_results"

    job_id: Mapped[int] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
