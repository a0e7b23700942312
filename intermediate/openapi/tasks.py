"""The operations on tasks."""

from intermediate.openapi.operation import JSON, Answer, Operation
from intermediate.schemas.documents import JobDocument, StatsDocument
from intermediate.schemas.reading import MERGE_PATCH
from intermediate.schemas.task_queries import ExportQuery, TasksApiQuery
from intermediate.schemas.tasks import TaskChange, TaskDocument, TaskIn, TaskPage

AWAY = {503: ("tasks_unavailable",)}
SAME = Answer("Not changed: If-None-Match has the current ETag.", headers=("ETag",))
LINKS = dict.fromkeys(("get_task", "change_task", "replace_task", "delete_task"), "task_id")
TASK = Answer("The task.", TaskDocument, ("ETag",), links=LINKS)
JOB_LINKS = dict.fromkeys(("get_job", "get_job_result", "follow_job", "cancel_job"), "job_id")
CONDITIONS = ("If-Match", "If-None-Match")

LIST_TASKS = Operation(
    "list_tasks",
    "List your tasks; administrators can list those of any account",
    {
        200: Answer("A page, newest first unless `sort` says otherwise.", TaskPage, ("ETag", "Link", "X-Cache")),
        304: SAME,
    },
    query=TasksApiQuery,
    headers=CONDITIONS,
    problems={403: ("forbidden",), 404: ("not_found",), 422: ("invalid_cursor",), **AWAY},
)
COUNT_TASKS = Operation(
    "count_tasks",
    "Count your tasks",
    {
        200: Answer(
            "The counts; `overdue` can be up to `cache.ttl_seconds` old.",
            StatsDocument,
            ("ETag", "X-Cache"),
        ),
        304: SAME,
    },
    headers=CONDITIONS,
    problems=AWAY,
)
CREATE_TASK = Operation(
    "create_task",
    "Create a task",
    {201: Answer("The new task.", TaskDocument, ("Location", "ETag"), links=LINKS)},
    body=TaskIn,
    headers=("Idempotency-Key",),
    problems=AWAY,
)
GET_TASK = Operation("get_task", "Get a task", {200: TASK, 304: SAME}, headers=CONDITIONS, problems=AWAY)
CHANGE_TASK = Operation(
    "change_task",
    "Change some fields of a task",
    {200: TASK},
    body=TaskChange,
    types=MERGE_PATCH,
    headers=CONDITIONS,
    problems=AWAY,
)
REPLACE_TASK = Operation(
    "replace_task",
    "Replace a task; fields that are left out get their default",
    {200: TASK},
    body=TaskIn,
    headers=CONDITIONS,
    problems=AWAY,
)
DELETE_TASK = Operation(
    "delete_task",
    "Move a task to the trash",
    {204: Answer("The task is in the trash.", links={"restore_task": "task_id"})},
    headers=CONDITIONS,
    problems=AWAY,
)
RESTORE_TASK = Operation("restore_task", "Take a task out of the trash", {200: TASK}, problems=AWAY)
EXPORT_TASKS = Operation(
    "export_tasks",
    "Export your tasks as a file",
    {
        200: Answer(
            "All matching tasks, chunked. A response without the last chunk is truncated.",
            {"text/csv": str, JSON: list[TaskDocument], "application/x-ndjson": str},
            ("Content-Disposition",),
        )
    },
    query=ExportQuery,
    problems={503: ("tasks_unavailable", "exports_busy")},
)
CSV_FILE = {"type": "string", "examples": ["title,description,status,created_at\nWater the plants,,pending,\n"]}
IMPORT_TASKS = Operation(
    "import_tasks",
    "Import tasks from a CSV file",
    {202: Answer("The job that imports the file.", JobDocument, ("Location",), links=JOB_LINKS)},
    files={
        "text/csv": CSV_FILE,
        "multipart/form-data": {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
            "required": ["file"],
            "additionalProperties": False,
        },
    },
    headers=("Idempotency-Key",),
    problems={429: ("too_many_requests",), 503: ("queue_unavailable",)},
)
