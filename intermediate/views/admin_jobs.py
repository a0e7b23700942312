"""`/admin/jobs`: the jobs of all accounts, with retry and cancel."""

from datetime import timedelta
from typing import Any

from pyramid.view import view_config, view_defaults

from intermediate import accounts, ledger, queueing
from intermediate.i18n import _
from intermediate.models import Job as JobRow
from intermediate.models.base import utcnow
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import AdminJob, AdminJobs
from intermediate.schemas.jobs import JobsQuery, job_document
from intermediate.schemas.reading import read_filled
from intermediate.security import Permission
from intermediate.templating import JOB_WORDS
from intermediate.views.admin_answers import page_or_fragment, redirect_back
from intermediate.views.answers import fragment
from intermediate.views.jobs import ended
from intermediate.views.predicates import wants_fragment

SHOWN = timedelta(days=7)
TODAY = timedelta(days=1)
NONE_IS = {
    "queued": _("No queued jobs in the last 7 days."),
    "running": _("No running jobs in the last 7 days."),
    "finished": _("No finished jobs in the last 7 days."),
    "failed": _("No failed jobs in the last 7 days."),
    "cancelled": _("No cancelled jobs in the last 7 days."),
}


def job_values(request: Request, query: JobsQuery | None = None) -> dict[str, Any]:
    """Return a page of the last 7 days' jobs of all accounts, and the tally of the last day."""
    query, now = query or JobsQuery.model_validate({}), utcnow()
    found, total = ledger.page(request.db, None, query.status, query.limit, query.offset, since=now - SHOWN)
    owners = accounts.addresses(request.db, (job.owner_id for job in found))
    return {
        "jobs": [shown(job, owners.get(job.owner_id)) for job in found],
        "jobs_page": {"total": total, "offset": query.offset, "limit": query.limit, "status": query.status or ""},
        "tally": ledger.tally(request.db, now - TODAY),
        "none_is": NONE_IS,
        "statuses": [("", _("All")), *JOB_WORDS.items()],
    }


def shown(job: JobRow, email: str | None) -> dict[str, Any]:
    """Return a job as the table shows it. If its account is deleted, `email` is None and it cannot be retried."""
    return {
        **job_document(job),
        "email": email,
        "words": JOB_WORDS[job.status],
        "can_end": job.status in ledger.OPEN,
        "can_retry": job.status == "failed" and email is not None and job.kind in queueing.WITHOUT_FILES,
    }


@view_config(
    context=AdminJobs,
    surface="site",
    request_method="GET",
    permission=Permission.ADMIN,
    renderer="intermediate:templates/admin_jobs.jinja2",
)
def page(_context: AdminJobs, request: Request) -> Any:
    return page_or_fragment(request, "admin_jobs", job_values(request, read_filled(request, JobsQuery)))


@view_defaults(context=AdminJob, surface="site", request_method="POST", permission=Permission.ADMIN)
class AdminJobViews:
    def __init__(self, context: AdminJob, request: Request) -> None:
        self.context = context
        self.job = context.job
        self.request = request

    @view_config(name="retry")
    def retry(self) -> Any:
        if self.job.kind not in queueing.WITHOUT_FILES:
            raise Problem(
                409,
                "job_not_failed",
                _("This job's file was deleted when the job ended. Its owner can import it again."),
            )
        if not accounts.addresses(self.request.db, [self.job.owner_id]):
            raise Problem(
                409, "job_not_failed", _("The account that owned this job is gone, so the job cannot be retried.")
            )
        if not queueing.retry(self.request, self.job.id):
            raise Problem(409, "job_not_failed", _("Only failed jobs can be retried."))
        return self._answer(_("Job ${id} is queued again.", mapping={"id": str(self.job.id)}))

    @view_config(name="cancel")
    def cancel(self) -> Any:
        if not ended(self.context, self.request):
            raise Problem(409, "job_over", _("The job has already ended."))
        return self._answer(_("Cancelled job ${id}.", mapping={"id": str(self.job.id)}))

    def _answer(self, said: str) -> Any:
        if not wants_fragment(self.request):
            return redirect_back(self.request, said)
        self.request.db.refresh(self.job)
        email = accounts.addresses(self.request.db, [self.job.owner_id]).get(self.job.owner_id)
        return fragment(self.request, "admin_job", job=shown(self.job, email), said=said)
