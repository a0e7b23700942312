"""The operations on jobs and reports."""

from intermediate.openapi.operation import Answer, Operation
from intermediate.schemas.documents import ImportResult, JobDocument, JobEvent, JobPage
from intermediate.schemas.jobs import JobsQuery, ReportRequest
from intermediate.schemas.reports import ReportDocument

LINKS = dict.fromkeys(("get_job", "follow_job", "cancel_job"), "job_id")

LIST_JOBS = Operation(
    "list_jobs",
    "List your jobs; administrators see all jobs",
    {200: Answer("A page, newest first.", JobPage, ("Link",))},
    query=JobsQuery,
)
GET_JOB = Operation("get_job", "Get a job", {200: Answer("The job.", JobDocument)})
CANCEL_JOB = Operation(
    "cancel_job",
    "Cancel a job; a running job stops at its next step",
    {204: Answer("The job is cancelled.")},
    problems={409: ("job_over",)},
)
GET_RESULT = Operation(
    "get_job_result",
    "Get the result of an import so far",
    {200: Answer("How many rows were imported and refused.", ImportResult)},
    problems={404: ("no_result",)},
)
FOLLOW_JOB = Operation(
    "follow_job",
    "Follow a job by server-sent events; streams are short, so reconnect with the last id",
    {200: Answer("A `job` event for each state, and `end` for the last.", {"text/event-stream": JobEvent})},
    headers=("Last-Event-ID",),
    problems={503: ("too_many_streams",)},
)
ASK_FOR_REPORT = Operation(
    "ask_for_report",
    "Request a report on your tasks; administrators on those of any account",
    {
        202: Answer(
            "The job that generates it. If one is already queued, that job.", JobDocument, ("Location",), links=LINKS
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
