"""Jobs: list, follow and cancel. `/jobs` and `/jobs/7` on the site, `/api/jobs` and `/api/jobs/7` in the API."""

from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from intermediate import import_job, ledger
from intermediate.i18n import _
from intermediate.models import Job as JobRow
from intermediate.models.base import utcnow
from intermediate.openapi.jobs import CANCEL_JOB, FOLLOW_JOB, GET_JOB, LIST_JOBS
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Job, Jobs, OneJob
from intermediate.schemas.documents import JobDocument, JobPage
from intermediate.schemas.jobs import JobsQuery, job_document
from intermediate.schemas.reading import read_query
from intermediate.security import Permission
from intermediate.streams import JobEvents
from intermediate.views.answers import back, fragment, say
from intermediate.views.paging import page_links
from intermediate.views.predicates import wants_fragment

RECENT_DAYS, MOST_RECENT = 7, 50


@view_config(context=Jobs, surface="api", request_method="GET", renderer="json", operation=LIST_JOBS)
def jobs(context: Jobs, request: Request) -> JobPage:
    """List the caller's jobs, newest first; all jobs for an administrator."""
    who, query = context.signed_in(), read_query(request, JobsQuery)
    owner = None if who.is_admin else who.user_id
    found, total = ledger.page(request.db, owner, query.status, query.limit, query.offset)
    items = [job_document(job) for job in found]
    request.response.headers["Link"] = page_links(request, total, query.limit, query.offset)
    return {"items": items, "total": total, "limit": query.limit, "offset": query.offset}


@view_config(context=Job, surface="api", request_method="GET", renderer="json", operation=GET_JOB)
def show(context: Job, _request: Request) -> JobDocument:
    return job_document(context.job)


@view_config(context=Job, surface="api", request_method="DELETE", permission=Permission.EDIT, operation=CANCEL_JOB)
def cancel(context: Job, request: Request) -> Response:
    """Cancel a job. A running job stops at its next step."""
    if not ended(context, request):
        raise Problem(409, "job_over", "The job has already ended.")
    return Response(status=204, content_type=None)


def accepted(request: Request, job: JobRow) -> JobDocument:
    """Return a requested job, with status 202."""
    request.response.status_code = 202
    request.response.location = f"/api/jobs/{job.id}"
    return job_document(job)


def ended(context: OneJob, request: Request) -> bool:
    """Cancel a job. Return False if it had already ended."""
    if not ledger.cancel(request.db, context.job.id):
        return False
    request.jobs.withdraw(context.job.id)
    return True


@view_config(context=Jobs, surface="site", request_method="GET", renderer="intermediate:templates/jobs.jinja2")
def recent(context: Jobs, request: Request) -> dict[str, Any]:
    """Show the caller's own jobs of the last 7 days."""
    since = utcnow() - timedelta(days=RECENT_DAYS)
    found, total = ledger.page(request.db, context.signed_in().user_id, None, MOST_RECENT, 0, since=since)
    return {"jobs": [job_document(job) for job in found], "total": total}


@view_config(context=Job, surface="site", request_method="GET", renderer="intermediate:templates/job.jinja2")
def page(context: Job, request: Request) -> Any:
    """Show a job; for HTMX, which follows it at this address, only its current state."""
    job = context.job
    going = job.status in ledger.OPEN
    result = import_job.result(request.db, job.id) if job.kind == import_job.KIND else None
    values: dict[str, Any] = {"job": job_document(job), "going": going, "result": result, "address": f"/jobs/{job.id}"}
    if not wants_fragment(request):
        return values
    response = fragment(request, "job", **values)
    if not going:
        response.headers["HX-Reswap"] = "outerHTML"  # replaces the element that follows the job
    return response


@view_config(context=Job, name="cancel", surface="site", request_method="POST", permission=Permission.EDIT)
def cancel_here(context: Job, request: Request) -> Response:
    """Cancel a job on the site. For HTMX, the event `told` triggers a reload of the job's state."""
    said = _("Cancelled.") if ended(context, request) else _("The job had already ended.")
    if wants_fragment(request):
        return Response(status=204, content_type=None, headerlist=[("HX-Trigger", "told")])
    say(request, said)
    return HTTPSeeOther(back(request, "/jobs", f"/jobs/{context.job.id}", "/reports"))


@view_config(context=Job, name="events", surface="api", request_method="GET", operation=FOLLOW_JOB)
@view_config(context=Job, name="events", surface="site", request_method="GET")
def events(context: Job, request: Request) -> Response:
    """Stream the job's states as server-sent events: `job` for each, and `end` for the last."""
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
