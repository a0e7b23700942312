"""The database models. All are imported here, so that Alembic sees every table."""

from intermediate.models.base import Base
from intermediate.models.idempotency import KeptAnswer
from intermediate.models.job import Job
from intermediate.models.report import AnalyticsReport, TaskReport
from intermediate.models.task import TaskRow, TaskTag
from intermediate.models.upload import JobResult, Upload
from intermediate.models.user import LoginSession, User

__all__ = [
    "AnalyticsReport",
    "Base",
    "Job",
    "JobResult",
    "KeptAnswer",
    "LoginSession",
    "TaskReport",
    "TaskRow",
    "TaskTag",
    "Upload",
    "User",
]
