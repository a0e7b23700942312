"""The queries of task lists and exports."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from intermediate.plugins.tasks.interface import SORTS, Priority, Status, TaskQuery
from intermediate.schemas.base import LAST_ID, PRINTABLE, PageQuery, Printable, QueryInt, Schema, shown
from intermediate.schemas.tasks import Tag, UtcMoment

Search = Annotated[str, StringConstraints(max_length=200), Printable, shown(maxLength=200, pattern=f"^{PRINTABLE}*$")]


class TaskFilters(Schema):
    """Filters and order of tasks."""

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

    @cached_property
    def tasks(self) -> TaskQuery:
        """The query for a tasks backend."""
        return TaskQuery(**self.model_dump(exclude={"owner_id", "cursor", "format"}))


class TasksQuery(PageQuery, TaskFilters):
    """The query of a page of tasks."""


class TasksApiQuery(TasksQuery):
    """The query of a page of tasks by offset or cursor. Administrators can name an owner."""

    owner_id: QueryInt | None = Field(None, ge=1, le=LAST_ID)
    cursor: str | None = None

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.cursor is not None and "offset" in self.model_fields_set:
            raise PydanticCustomError("cursor_and_offset", "Send cursor or offset, not both")
        return self


class ExportQuery(TaskFilters):
    """The filters and the format of an export."""

    format: Literal["csv", "json", "ndjson"] = "csv"
