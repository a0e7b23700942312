"""Reports: request one, and show the latest. `/reports` on the site, `/api/jobs/task-report` in the API."""

import json
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from intermediate import charts, ledger, queueing, reads, reports
from intermediate.i18n import _
from intermediate.models import Job as JobRow
from intermediate.openapi.jobs import ASK_FOR_REPORT, GET_REPORT
from intermediate.plugins.jobs.interface import JobsError
from intermediate.problems import Problem
from intermediate.reports_csv import as_csv
from intermediate.request import Request
from intermediate.resources import Report, Reports
from intermediate.schemas.documents import JobDocument
from intermediate.schemas.jobs import ReportRequest, job_document
from intermediate.schemas.reading import read_json
from intermediate.security import Permission
from intermediate.views.answers import fragment
from intermediate.views.jobs import accepted
from intermediate.views.owners import owner_of
from intermediate.views.predicates import wants_fragment

UNDER_WAY = "report"  # session key: the id of the report job that this browser has requested


@view_config(context=Reports, surface="site", request_method="GET", renderer="intermediate:templates/reports.jinja2")
def page(context: Reports, request: Request) -> Any:
    """Show the page; for HTMX, which follows a job at this address, its state and, once it has ended, all content."""
    values = report_values(context, request)
    if not wants_fragment(request):
        return values
    if values["going"]:
        return fragment(request, "job", **values)
    response = fragment(request, "report_area", focus="end", **values)
    response.headers.update({"HX-Retarget": "#report", "HX-Reswap": "outerHTML"})
    return response


def report_values(context: Reports, request: Request) -> dict[str, Any]:
    """Return the template values: the latest report and the newest report job."""
    job, report = ledger.newest(request.db, context.owner, reports.KIND), reports.latest(request.db, context.owner)
    values = {
        "report": report,
        "charts": charts.of_report(report, request) if report else None,
        "job": job_document(job) if job else None,
        "going": job is not None and job.status in ledger.OPEN,
        "failed": job is not None and job.status == "failed",
    }
    if not values["going"]:
        request.session.pop(UNDER_WAY, None)
    if report is None:
        values["total"] = json.loads(reads.tasks_stats(request, context.signed_in()))["total"]
    return values


@view_config(context=Reports, surface="site", request_method="POST", permission=Permission.EDIT)
def generate(context: Reports, request: Request) -> Response:
    try:
        request.session[UNDER_WAY] = queueing.ask(request, reports.KIND, context.owner).id
    except JobsError as error:
        detail = _("Reports are paused. Try again in a few seconds.")
        raise Problem(503, error.code, detail, headers={"Retry-After": str(error.retry_after)}) from error
    if wants_fragment(request):
        return fragment(request, "report_area", focus="start", **report_values(context, request))
    return HTTPSeeOther("/reports")


def report_under_way(request: Request) -> JobDocument | None:
    """`request.report_under_way`: the report job that this browser requested and has not seen, or None.

    Without such a job, the database is not queried.
    """
    job_id, who = request.session.get(UNDER_WAY), request.identity
    job = request.db.get(JobRow, job_id) if job_id and who else None
    mine = job is not None and who is not None and job.owner_id == who.user_id
    return job_document(job) if job and mine and job.status != "cancelled" else None


@view_config(context=Reports, name="banner", surface="site", request_method="GET")
def banner(_context: Reports, request: Request) -> Response:
    return fragment(request, "job_banner")


@view_config(context=Reports, name="csv", surface="site", request_method="GET")
def as_file(context: Reports, request: Request) -> Response:
    report = reports.latest(request.db, context.owner)
    if report is None:
        raise Problem(404, "no_report", _("There is no report yet. Generate one on the Reports page."))
    response = Response(text=as_csv(report), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="report-{report["seq"]}.csv"'
    return response


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
    return accepted(request, queueing.ask(request, reports.KIND, owner.user_id))


@view_config(context=Report, surface="api", request_method="GET", renderer="json", operation=GET_REPORT)
def show(context: Report, request: Request) -> dict[str, Any]:
    report = reports.latest(request.db, context.owner)
    if report is None:
        raise Problem(404, "no_report", "There is no report yet. Request one with POST /api/jobs/task-report.")
    return report


def includeme(config: Configurator) -> None:
    config.add_request_method(report_under_way, reify=True)
