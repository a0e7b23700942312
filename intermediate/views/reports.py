"""Reports: asking for one, and the latest one. `/reports` on the site, `/api/jobs/task-report` in the API."""

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from intermediate import charts, ledger, reports, worker
from intermediate.openapi.jobs import ASK_FOR_REPORT, GET_REPORT
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Report, Reports
from intermediate.schemas.base import read_json
from intermediate.schemas.documents import JobDocument
from intermediate.schemas.jobs import ReportRequest, job_document
from intermediate.security import Permission
from intermediate.views.answers import fragment
from intermediate.views.owners import owner_of
from intermediate.views.predicates import wants_fragment


@view_config(context=Reports, surface="site", request_method="GET", renderer="intermediate:templates/reports.jinja2")
def page(context: Reports, request: Request) -> dict[str, Any]:
    job = ledger.newest(request.db, context.owner, reports.KIND)
    report = reports.latest(request.db, context.owner)
    return {
        "report": report,
        "charts": charts.of_report(report) if report else None,
        "job": job_document(job) if job else None,
    }


@view_config(context=Reports, surface="site", request_method="POST", permission=Permission.EDIT)
def generate(context: Reports, request: Request) -> Response:
    job = worker.ask(request, reports.KIND, context.owner)
    if wants_fragment(request):
        return fragment(request, "job", job=job_document(job))
    return HTTPSeeOther("/reports")


@view_config(
    context=Reports,
    surface="api",
    request_method="POST",
    permission=Permission.EDIT,
    renderer="json",
    idempotent=True,
    operation=ASK_FOR_REPORT,
)
def ask(context: Reports, request: Request) -> JobDocument:
    named = read_json(request, ReportRequest).owner_id
    owner = owner_of(request, context.signed_in(), named)
    job = worker.ask(request, reports.KIND, owner.user_id)
    request.response.status_code = 202
    request.response.location = f"/api/jobs/{job.id}"
    return job_document(job)


@view_config(context=Report, surface="api", request_method="GET", renderer="json", operation=GET_REPORT)
def show(context: Report, request: Request) -> dict[str, Any]:
    report = reports.latest(request.db, context.owner)
    if report is None:
        raise Problem(404, "no_report", "No report has been made yet. POST /api/jobs/task-report asks for one.")
    return report
