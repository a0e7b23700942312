"""The operations on jobs and reports."""

from intermediate.openapi.operation import Answer, Operation
from intermediate.schemas.documents import ImportResult, JobDocument, JobPage
from intermediate.schemas.jobs import JobsQuery, ReportRequest
from intermediate.schemas.reports import ReportDocument

LINKS = dict.fromkeys(("get_job", "follow_job", "cancel_job"), "job_id")

LIST_JOBS = Operation(
    "list_jobs",
    "List your jobs; for administrators everybody's",
    {200: Answer("A page, newest first.", JobPage, ("Link",))},
    query=JobsQuery,
)
GET_JOB = Operation("get_job", "Get a job", {200: Answer("The job as it is now.", JobDocument)})
CANCEL_JOB = Operation(
    "cancel_job",
    "Cancel a job. One that runs stops at its next step",
    {204: Answer("It is cancelled.")},
    problems={409: ("job_over",)},
)
GET_RESULT = Operation(
    "get_job_result",
    "Get what an import has done so far",
    {200: Answer("What became of the rows.", ImportResult)},
    problems={404: ("no_result",)},
)
FOLLOW_JOB = Operation(
    "follow_job",
    "Follow a job: an event for each change. A stream ends soon; come back with the last id",
    {
        200: Answer(
            "Events `job`, each with the job; `end` is the last, with the job when it is over.",
            str,
            types=("text/event-stream",),
        )
    },
    headers=("Last-Event-ID",),
    problems={503: ("too_many_streams",)},
)
ASK_FOR_REPORT = Operation(
    "ask_for_report",
    "Ask for a report on your tasks; administrators for anybody's",
    {
        202: Answer(
            "The job that makes it. One that is queued already is joined.", JobDocument, ("Location",), links=LINKS
        )
    },
    body=ReportRequest,
    headers=("Idempotency-Key",),
    problems={
        403: ("forbidden",),
        404: ("not_found",),
        429: ("too_many_requests",),
        503: ("queue_unavailable",),
    },
)
GET_REPORT = Operation(
    "get_report",
    "Get the latest report",
    {200: Answer("The report.", ReportDocument)},
    problems={403: ("forbidden",), 404: ("no_report",)},
)
