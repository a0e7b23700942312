"""Schemas of tasks."""

from datetime import UTC, datetime
from typing import Annotated, Any, overload

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, create_model, with_config
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict

from intermediate.i18n import _
from intermediate.plugins.tasks.interface import NewTask, Priority, Stats, Status, Task
from intermediate.plugins.tasks.rules import composed, unique_tags
from intermediate.schemas.base import PRINTABLE, VISIBLE, Moment, Printable, Schema, shown
from intermediate.schemas.documents import NOON, PAGE, Id, Page, StatsDocument, Time, example

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
    BeforeValidator(lambda tag: composed(tag) if isinstance(tag, str) else tag),  # before, as it may lengthen the tag
    Printable,
    shown(minLength=1, maxLength=40, pattern=f"^{IN_TAGS}*{IN_TAGS.replace('^', '^ ')}{IN_TAGS}*$"),
]
Tags = Annotated[tuple[Tag, ...], Field(max_length=20, strict=False), AfterValidator(unique_tags)]
UtcMoment = Annotated[Moment, AfterValidator(lambda moment: moment.astimezone(UTC))]


class TaskIn(Schema):
    """A task to create, or to replace another with."""

    # Titles are the labels of the site's forms, which have the same fields.
    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Water the plants", "tags": ["home"]}]})

    title: Title = Field(title=_("Title"))
    description: Description | None = Field(None, title=_("Notes"))
    status: Status = Field("pending", title=_("Status"))
    priority: Priority = Field("normal", title=_("Priority"))
    due_at: UtcMoment | None = Field(None, title=_("Due"))
    tags: Tags = Field((), title=_("Tags"))

    def to_new(self) -> NewTask:
        return NewTask(**self.model_dump())


LABELS = {name: field.title or name for name, field in TaskIn.model_fields.items()}


def _optional(schema: dict[str, Any]) -> None:
    """Remove the defaults: a field that is left out stays unchanged."""
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["examples"] = [{"status": "completed"}]


_fields: Any = {
    name: (field.rebuild_annotation(), Field(None, title=field.title)) for name, field in TaskIn.model_fields.items()
}
_Optional: Any = create_model("_Optional", __base__=Schema, **_fields)


class TaskChange(_Optional):
    """The fields of a task to change; others stay unchanged."""

    model_config = ConfigDict(json_schema_extra=_optional)

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """Return a time as the API writes it: in UTC, with Z."""
    return f"{moment.replace(tzinfo=None).isoformat()}Z" if moment else None  # takes half the time of an aware one


TASK: "TaskDocument" = {
    "id": 7,
    "owner_id": 1,
    "title": "Water the plants",
    "description": None,
    "status": "pending",
    "priority": "normal",
    "due_at": "2026-11-30T12:00:00Z",
    "tags": ["home"],
    "created_at": NOON,
    "updated_at": NOON,
    "completed_at": None,
    "version": 1,
}


@with_config(example(TASK))
class TaskDocument(TypedDict):
    """A task. `version` is incremented by each change; tags are sorted."""

    id: Id
    owner_id: Id
    title: str
    description: str | None
    status: Status
    priority: Priority
    due_at: Time | None
    tags: list[str]
    created_at: Time
    updated_at: Time
    completed_at: Time | None
    version: Id


@with_config(example({"items": [TASK], **PAGE, "next_cursor": None}))
class TaskPage(Page):
    """A page of tasks. `total` is the number of matching tasks; with a cursor, when the first page was read."""

    items: list[TaskDocument]
    next_cursor: str | None


def task_document(task: Task) -> TaskDocument:
    """Return the API's document for a task. To write JSON directly, `task._asdict()` is enough."""
    return from_json(to_json(task._asdict()))


def stats_document(stats: Stats) -> StatsDocument:
    return {
        "total": stats.total,
        "pending": stats.pending,
        "in_progress": stats.in_progress,
        "completed": stats.completed,
        "overdue": stats.overdue,
        "completion_rate": stats.completion_rate,
    }
