"""Schemas of jobs, and of requests for reports."""

from pydantic import ConfigDict

from intermediate.models import Job
from intermediate.models.job import JobStatus
from intermediate.schemas.base import Id, PageQuery, Schema
from intermediate.schemas.documents import JobDocument
from intermediate.schemas.tasks import iso


class ReportRequest(Schema):
    """The account to report on: the caller's own, or any account for an administrator."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"owner_id": 1}]})

    owner_id: Id


class JobsQuery(PageQuery):
    """The query of a list of jobs."""

    status: JobStatus | None = None


def job_document(job: Job) -> JobDocument:
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
        "result_url": _result_url(job),
    }


def _result_url(job: Job) -> str | None:
    """Return the URL of a job's result. An import that failed or was cancelled may have imported some rows."""
    if job.kind == "import" and job.status not in ("queued", "running"):
        return f"/api/jobs/{job.id}/result"
    if job.kind == "task-report" and job.status == "finished":
        return f"/api/jobs/task-report/{job.owner_id}"
    return None
