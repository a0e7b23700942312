"""Tasks on the wire."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, overload

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from intermediate.plugins.tasks.interface import SORTS, NewTask, Priority, Stats, Status, Task, TaskQuery
from intermediate.schemas.base import PRINTABLE, VISIBLE, Moment, PageQuery, Printable, QueryInt, Schema, shown
from intermediate.schemas.documents import StatsDocument, TaskDocument

TITLE_LENGTH = 200
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH),
    Printable,
    shown(minLength=1, maxLength=TITLE_LENGTH, pattern=f"^{PRINTABLE}*{VISIBLE}{PRINTABLE}*$"),
]
Description = Annotated[
    str, StringConstraints(max_length=10_000), Printable, shown(maxLength=10_000, pattern=f"^{PRINTABLE}*$")
]
IN_TAGS = r"[^,\x00-\x1f\x7f-\x9f]"
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^,\n\t]*$"),
    Printable,
    shown(minLength=1, maxLength=40, pattern=f"^{IN_TAGS}*{IN_TAGS.replace('^', '^ ')}{IN_TAGS}*$"),
]
Tags = Annotated[
    tuple[Tag, ...], Field(max_length=20, strict=False), AfterValidator(lambda tags: tuple(sorted(set(tags))))
]
Search = Annotated[str, StringConstraints(max_length=200), Printable, shown(maxLength=200, pattern=f"^{PRINTABLE}*$")]
UtcMoment = Annotated[Moment, AfterValidator(lambda moment: moment.astimezone(UTC))]


class TaskIn(Schema):
    """A task to make, or to put in another's place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Water the plants", "tags": ["home"]}]})

    title: Title
    description: Description | None = None
    status: Status = "pending"
    priority: Priority = "normal"
    due_at: UtcMoment | None = None
    tags: Tags = ()

    def to_new(self) -> NewTask:
        return NewTask(**self.model_dump())


NOT_NULL = ("title", "status", "priority", "tags")


def _without_null(schema: dict[str, Any]) -> None:
    """None stands for absence within, but a client that means absence names no field."""
    for name in NOT_NULL:
        field = schema["properties"][name]
        field.pop("default", None)
        [kind] = [one for one in field.pop("anyOf") if one != {"type": "null"}]
        field |= kind
    schema["examples"] = [{"status": "completed"}]


class TaskChange(Schema):
    """Fields of a task to set; those not named stay."""

    model_config = ConfigDict(json_schema_extra=lambda schema: _without_null(schema))

    title: Title | None = None
    description: Description | None = None
    status: Status | None = None
    priority: Priority | None = None
    due_at: UtcMoment | None = None
    tags: Tags | None = None

    @field_validator(*NOT_NULL)
    @classmethod
    def _not_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("This cannot be null")
        return value

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class TaskFilters(Schema):
    """Which tasks, in which order."""

    status: Status | None = None
    q: Search | None = None
    tag: Tag | None = None
    priority: Priority | None = None
    due_before: UtcMoment | None = None
    due_after: UtcMoment | None = None
    sort: str = Field(
        "-created_at", json_schema_extra={"enum": [f"{sign}{name}" for name in SORTS for sign in ("", "-")]}
    )

    @field_validator("sort")
    @classmethod
    def _known(cls, value: str) -> str:
        if value.removeprefix("-") not in SORTS:
            raise ValueError(f"Sort by one of {', '.join(SORTS)}, with - before it for descending")
        return value

    def to_query(self) -> TaskQuery:
        return TaskQuery(**self.model_dump(exclude={"owner_id", "cursor", "format"}))


class TasksQuery(PageQuery, TaskFilters):
    """The query of a page of tasks."""


class TasksApiQuery(TasksQuery):
    """The query of a page of tasks, which begins at an offset or where a cursor says. Administrators say whose."""

    owner_id: QueryInt | None = Field(None, ge=1, le=999_999_999)
    cursor: str | None = None

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.cursor is not None and "offset" in self.model_fields_set:
            raise PydanticCustomError("cursor_and_offset", "Give cursor or offset, not both")
        return self


class ExportQuery(TaskFilters):
    """Which tasks an export holds, and how it is written."""

    format: Literal["csv", "json", "ndjson"] = "csv"


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """A time as the API writes it: UTC, with Z."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def task_document(task: Task) -> TaskDocument:
    return {
        "id": task.id,
        "owner_id": task.owner_id,
        "title": task.title,
        "description": task.description,
        "status": task.status,
        "priority": task.priority,
        "due_at": iso(task.due_at),
        "tags": list(task.tags),
        "created_at": iso(task.created_at),
        "updated_at": iso(task.updated_at),
        "completed_at": iso(task.completed_at),
        "version": task.version,
    }


def stats_document(stats: Stats) -> StatsDocument:
    return {
        "total": stats.total,
        "pending": stats.pending,
        "in_progress": stats.in_progress,
        "completed": stats.completed,
        "overdue": stats.overdue,
        "completion_rate": stats.completion_rate,
    }
