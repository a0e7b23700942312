"""The models of a dump's lines: rows of tables, and tasks, validated by the rules that applied to their creation."""

import json
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from sqlalchemy import Column, String

from intermediate.importing import reason
from intermediate.models import LoginSession, TaskReport, TaskRow, User
from intermediate.models.base import UtcDateTime
from intermediate.models.report import GONE
from intermediate.plugins.tasks.interface import Priority, Status
from intermediate.plugins.tasks.rules import composed, unique_tags
from intermediate.schemas.accounts import normal_email
from intermediate.schemas.base import LAST_ID
from intermediate.schemas.reports import ReportDocument
from intermediate.schemas.tasks import TITLE_LENGTH, UtcMoment

FORMAT = "intermediate"
VERSION = 1

TABLES: dict[str, Any] = {"user": User.__table__, "session": LoginSession.__table__, "report": TaskReport.__table__}
OWN = ("tasks_version", "mirrored_to")  # specific to an installation, so not dumped
OF_SQL = ("search", "deleted_at")  # columns of the backend `sql` that are derived, or named otherwise in a dump
COLUMNS: dict[str, list[Column[Any]]] = {
    kind: [column for column in table.columns if column.name not in OWN + OF_SQL]
    for kind, table in {**TABLES, "task": TaskRow.__table__}.items()
}
KINDS = (*TABLES, "task")
ORDER = {"user": ("id",), "session": ("id",), "report": ("owner_id",), "task": ("owner_id", "id")}
"""The sort key of each kind. It is unique."""
MARKS = {
    "user": {"id": "last_user"},
    "report": {"owner_id": "last_user", "seq": "last_job"},
    "task": {"id": "last_task"},
}
"""Fields to the header's maximum for them."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "text must not contain NUL")
    return text


def _checked_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Check that tags are sorted and unique, then compose them: older dumps may have one in two Unicode forms."""
    if unique_tags(tags) != tags:
        raise PydanticCustomError("tags", "tags must be sorted and unique")
    return unique_tags(map(composed, tags))


NO_NUL = AfterValidator(_without_nul)
Id = Annotated[int, Field(ge=1, lt=LAST_ID)]
Mark = Annotated[int, Field(ge=0, lt=LAST_ID)]  # below LAST_ID, so that a next id exists
Tag = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\n]*$"), NO_NUL]
OF_PYTHON: dict[type, Any] = {int: Id, bool: bool, object: dict[str, Any]}  # the last is JSON


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Header(Line):
    format: Literal["intermediate"]
    version: Literal[1]
    created_at: UtcMoment
    last_user: Mark
    last_task: Mark
    last_job: Mark


class TaskRules(Line):
    """The fields of a task that its columns do not describe, and the time of its deletion if it is in the trash."""

    title: Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH), NO_NUL]
    status: Status
    priority: Priority
    tags: Annotated[tuple[Tag, ...], AfterValidator(_checked_tags)]
    trashed_at: UtcMoment | None = None


class UserRules(Line):
    @field_validator("email", check_fields=False)
    @classmethod
    def _is_normalized(cls, email: str) -> str:
        if normal_email(email) != email:
            raise PydanticCustomError("email", "the address of an account must be lowercase, without spaces")
        return email


class ReportRules(Line):
    @model_validator(mode="after")
    def _matches_its_row(self: Any) -> Any:
        if self.seq == GONE:
            if self.document:
                raise PydanticCustomError("report", "document: must be empty for an account that is gone")
            return self
        try:
            document = ReportDocument.model_validate_json(json.dumps(self.document), strict=True)
        except ValidationError as error:
            raise PydanticCustomError("report", "document: {why}", {"why": reason(error)}) from None
        for name in ("owner_id", "seq", "request_id"):
            if getattr(document, name) != getattr(self, name):
                raise PydanticCustomError("report", "document: {name} differs from its row", {"name": name})
        return self


def _row_model(kind: str, rules: type[Line] = Line) -> type[Line]:
    """Create the model of a table's rows. Nullable columns may be absent, since older dumps do not have them."""
    fields: dict[str, Any] = {}
    for column in COLUMNS[kind]:
        if column.name in rules.model_fields:
            continue
        if isinstance(column.type, UtcDateTime):
            found: Any = UtcMoment
        elif isinstance(column.type, String):
            found = Annotated[str, Field(max_length=column.type.length), NO_NUL]
        else:
            found = OF_PYTHON[column.type.python_type]
        if (kind, column.name) == ("report", "seq"):
            found = Mark  # it may be GONE
        fields[column.name] = (found | None, None) if column.nullable else (found, ...)
    return create_model(kind, __base__=rules, **fields)


MODELS: dict[str, type[Line]] = {
    "user": _row_model("user", UserRules),
    "session": _row_model("session"),
    "report": _row_model("report", ReportRules),
    "task": _row_model("task", TaskRules),
}
