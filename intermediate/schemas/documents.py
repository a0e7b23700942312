"""The types of the API's responses. mypy checks the functions that build them, and OpenAPI shows them.

They are typed dictionaries, since responses are not validated: their content was validated as input.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema, with_config
from typing_extensions import TypedDict

from intermediate.models.job import JobKind, JobStatus

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Id = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Role = Literal["user", "admin"]

NOON = "2026-11-24T12:00:00Z"
USER = {"id": 1, "email": "ada@example.com", "role": "user", "is_active": True, "created_at": NOON}
JOB = {
    "id": 3,
    "kind": "task-report",
    "status": "finished",
    "owner_id": 1,
    "progress": 100,
    "attempts": 1,
    "request_id": "0f3c2d",
    "created_at": NOON,
    "started_at": NOON,
    "finished_at": NOON,
    "error": None,
    "result_url": "/api/jobs/task-report/1",
}
TOKENS = {"access_token": "eyJhbGciOi...", "token_type": "bearer", "expires_in": 900, "refresh_token": "eyJhbGciOi..."}
COUNTS = {"total": 4, "pending": 2, "in_progress": 1, "completed": 1, "overdue": 1, "completion_rate": 0.25}
PAGE = {"total": 1, "limit": 20, "offset": 0}
NOT_FOUND = {
    "type": "about:blank",
    "title": "There is nothing at this address",
    "status": 404,
    "detail": "The link may be old, or what it led to was deleted.",
    "instance": "/api/tasks/7",
    "request_id": "0f3c2d",
    "code": "not_found",
}
MISTAKE = {"loc": ["body", "title"], "msg": "Field required", "type": "missing"}


def example(values: Mapping[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [dict(values)]})


class Page(TypedDict):
    total: Count
    limit: Count
    offset: Count


@with_config(example(COUNTS))
class StatsDocument(TypedDict):
    """Counts of all tasks. `completion_rate` is a fraction from 0 to 1."""

    total: Count
    pending: Count
    in_progress: Count
    completed: Count
    overdue: Count
    completion_rate: Annotated[float, Field(ge=0, le=1)]


@with_config(example(USER))
class UserDocument(TypedDict):
    """An account."""

    id: Id
    email: str
    role: Role
    is_active: bool
    created_at: Time


@with_config(example({"items": [USER], **PAGE}))
class UserPage(Page):
    """A page of accounts, newest first."""

    items: list[UserDocument]


@with_config(example({"link": "https://example.org/auth/reset?token=mMQ9...", "expires_at": NOON}))
class ResetLinkDocument(TypedDict):
    """A link to a form for a new password. It can be opened until it expires, and used once."""

    link: Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
    expires_at: Time


@with_config(example(JOB))
class JobDocument(TypedDict):
    """A background job. `progress` is 0 to 100."""

    id: Id
    kind: JobKind
    status: JobStatus
    owner_id: Id
    progress: Annotated[int, Field(ge=0, le=100)]
    attempts: Count
    request_id: str
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    error: str | None
    result_url: str | None


@with_config(example({"event": "job", "id": "1-running-40", "data": "{...}"}))
class JobEvent(TypedDict, total=False):
    """An event of a stream: `job` for each state, `end` for the last. `data` is the job as JSON."""

    event: Literal["job", "end"]
    id: str
    data: Annotated[str, WithJsonSchema({"type": "string", "contentMediaType": "application/json"})]
    retry: Count


@with_config(example({"line": 3, "reason": "title: Field required"}))
class RefusedRow(TypedDict):
    """A row that was not imported: the line on which it begins, and the reason."""

    line: Count
    reason: str


@with_config(
    example(
        {
            "rows": 3,
            "imported": 2,
            "refused": 1,
            "errors": [{"line": 3, "reason": "title: Field required"}],
            "errors_left_out": 0,
        }
    )
)
class ImportResult(TypedDict):
    """The result of an import. Refused rows are in `errors`, or counted in `errors_left_out`."""

    rows: Count
    imported: Count
    refused: Count
    errors: list[RefusedRow]
    errors_left_out: Count


@with_config(example({"items": [JOB], **PAGE}))
class JobPage(Page):
    """A page of jobs, newest first."""

    items: list[JobDocument]


@with_config(example(TOKENS))
class TokenPair(TypedDict):
    """RFC 6749, section 5.1. `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: Count
    refresh_token: str


@with_config(example({"error": "invalid_grant", "error_description": "Incorrect username or password."}))
class OAuthError(TypedDict):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str


@with_config(example(MISTAKE))
class Mistake(TypedDict):
    """A mistake in a request body or query: location, message and type."""

    loc: list[str | int]
    msg: str
    type: str


class _Problem(TypedDict):
    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: str
    request_id: str
    code: str


@with_config(example(NOT_FOUND))
class ProblemDocument(_Problem, total=False):
    """An error (RFC 9457). `code` is stable and for programs; `detail` is for people."""

    errors: list[Mistake]


class _Check(TypedDict):
    status: Literal["ok", "unavailable"]


@with_config(example({"status": "ok"}))
class Check(_Check, total=False):
    """The state of one part, with a `reason` if it is not `ok`."""

    reason: str


@with_config(example({"status": "ok", "checks": {"database": {"status": "ok"}}}))
class HealthDocument(TypedDict):
    """The health of the application and of each part."""

    status: Literal["ok", "degraded", "unavailable"]
    checks: dict[str, Check]


@with_config(example({"status": "ok"}))
class AliveDocument(TypedDict):
    """The process responds."""

    status: Literal["ok"]


@with_config(example({"name": "intermediate", "version": "0.1.0", "links": {"tasks": "/api/tasks"}}))
class IndexDocument(TypedDict):
    """Name, version and links."""

    name: str
    version: str
    links: dict[str, str]


@with_config(ConfigDict(extra="allow"))
class OpenApiDocument(TypedDict):
    """OpenAPI 3.1."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
