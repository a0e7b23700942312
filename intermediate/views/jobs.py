"""Jobs: their state and end. `/jobs/7` is a fragment of the page that waits for it, `/api/jobs/7` the whole job."""

from typing import Any

from pyramid.response import Response
from pyramid.view import view_config

from intermediate import ledger
from intermediate.openapi.jobs import CANCEL_JOB, FOLLOW_JOB, GET_JOB, LIST_JOBS
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Job, Jobs
from intermediate.schemas.base import read_query
from intermediate.schemas.documents import JobDocument, JobPage
from intermediate.schemas.jobs import JobsQuery, job_document
from intermediate.security import Permission
from intermediate.streams import JobEvents
from intermediate.views.paging import page_links


@view_config(context=Jobs, surface="api", request_method="GET", renderer="json", operation=LIST_JOBS)
def jobs(context: Jobs, request: Request) -> JobPage:
    """The caller's jobs, newest first; all jobs for an admin."""
    who, query = context.signed_in(), read_query(request, JobsQuery)
    owner = None if who.is_admin else who.user_id
    found, total = ledger.page(request.db, owner, query.status, query.limit, query.offset)
    items = [job_document(job) for job in found]
    request.response.headers["Link"] = page_links(request, total, query.limit, query.offset)
    return {"items": items, "total": total, "limit": query.limit, "offset": query.offset}


@view_config(context=Job, surface="api", request_method="GET", renderer="json", operation=GET_JOB)
def show(context: Job, _request: Request) -> JobDocument:
    return job_document(context.job)


def end(request: Request, job_id: int) -> None:
    """End a job. One that runs stops at its next step."""
    if not ledger.cancel(request.db, job_id):
        raise Problem(409, "job_over", "The job is over already.")
    request.jobs.withdraw(job_id)


@view_config(context=Job, surface="api", request_method="DELETE", permission=Permission.EDIT, operation=CANCEL_JOB)
def cancel(context: Job, request: Request) -> Response:
    """End a job. One that runs stops at its next step."""
    end(request, context.job.id)
    return Response(status=204, content_type=None)


@view_config(context=Job, surface="site", request_method="GET", renderer="intermediate:templates/fragments/job.jinja2")
def fragment(context: Job, _request: Request) -> dict[str, Any]:
    return {"job": job_document(context.job)}


@view_config(context=Job, name="events", surface="api", request_method="GET", operation=FOLLOW_JOB)
@view_config(context=Job, name="events", surface="site", request_method="GET")
def events(context: Job, request: Request) -> Response:
    """The job's states as they come, as server-sent events: `job` for each, and `end` for the last."""
    who, registry, owner = context.signed_in(), request.registry, context.job.owner_id

    def allowed() -> bool:
        now = registry.security_policy.identity_now(request)
        return now is not None and (now.user_id == owner or now.is_admin)

    stream = JobEvents(
        registry.engine,
        registry.streams,
        who.user_id,
        context.job.id,
        last_id=request.headers.get("Last-Event-ID", ""),
        allowed=allowed,
        gone=request.environ.get("waitress.client_disconnected", lambda: False),
    )
    response = Response(app_iter=stream, content_type="text/event-stream", charset="utf-8")
    response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    return response
