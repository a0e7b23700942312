"""Jobs and reports on the wire."""

from typing import Annotated

from pydantic import ConfigDict, Field

from intermediate.models import Job
from intermediate.models.job import JobStatus
from intermediate.schemas.base import QueryInt, Schema
from intermediate.schemas.documents import JobDocument
from intermediate.schemas.tasks import iso


class ReportRequest(Schema):
    """Whose report to make: the caller's own, or anybody's for an admin."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"owner_id": 1}]})

    owner_id: Annotated[int, Field(ge=1, le=999_999_999)]


class JobsQuery(Schema):
    """The query of a list of jobs."""

    status: JobStatus | None = None
    limit: QueryInt = Field(20, ge=1, le=100)
    offset: QueryInt = Field(0, ge=0, le=999_999_999)


def job_document(job: Job) -> JobDocument:
    finished_report = job.kind == "task-report" and job.status == "finished"
    return {
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "owner_id": job.owner_id,
        "progress": job.progress,
        "attempts": job.attempts,
        "request_id": job.request_id,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at),
        "finished_at": iso(job.finished_at),
        "error": job.error,
        "result_url": f"/api/jobs/task-report/{job.owner_id}" if finished_report else None,
    }
