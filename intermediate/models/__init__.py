"""The tables. Every model is imported here, so that migrations see them all."""

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
