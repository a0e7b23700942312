"""The file that `intermediate dump` writes and `intermediate load` reads: one JSON object on each line.

    {"header": {"format": "intermediate", "version": 1, "created_at": "...", "last_job": 57}}
    {"user": {...}}       accounts, with their password hashes
    {"session": {...}}    logins, which are worth nothing without the keys that sign them; hashes of named tokens
    {"report": {...}}     each owner's latest
    {"task": {...}}       also those in the trash; an owner's together
    {"trailer": {"users": 2, "sessions": 3, "reports": 1, "tasks": 9428, "sha256": "..."}}

Each kind follows those that it refers to. The digest is of all bytes before the trailer. A job's row is not moved: only
the number after which the next ones count, since a report says by it how new it is.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, create_model
from sqlalchemy import String, Table

from intermediate.importing import reason
from intermediate.models import LoginSession, TaskReport, User
from intermediate.models.base import UtcDateTime, utcnow
from intermediate.plugins.tasks.interface import Priority, Status
from intermediate.schemas.tasks import TITLE_LENGTH

FORMAT = "intermediate"
VERSION = 1
LONGEST_LINE = 4 * 1024 * 1024
TABLES: dict[str, Any] = {"user": User.__table__, "session": LoginSession.__table__, "report": TaskReport.__table__}
KINDS = (*TABLES, "task")
ID = Field(ge=1, le=2**31 - 1)


class DumpError(Exception):
    """The file cannot be loaded. The message is one line, and says where and why."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("text holds a NUL")
    return text


NO_NUL = AfterValidator(_without_nul)
Text = Annotated[str, NO_NUL]
OF_PYTHON: dict[type, Any] = {
    int: Annotated[int, Field(ge=0, le=2**31 - 1)],
    bool: bool,
    object: dict[str, Any],  # JSON
}


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Header(Line):
    format: Literal["intermediate"]
    version: Literal[1]
    created_at: AwareDatetime
    last_job: Annotated[int, Field(ge=0, le=2**31 - 1)]


class StoredTaskLine(Line):
    """A task as the interface has it, and since when it is in the trash."""

    id: Annotated[int, ID]
    owner_id: Annotated[int, ID]
    title: Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH), NO_NUL]
    description: Text | None
    status: Status
    priority: Priority
    due_at: AwareDatetime | None
    tags: tuple[Annotated[str, Field(max_length=40), NO_NUL], ...]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    completed_at: AwareDatetime | None
    version: Annotated[int, ID]
    trashed_at: AwareDatetime | None


def row_model(table: Table) -> type[Line]:
    """What a line must hold to be a row of a table."""
    fields: dict[str, Any] = {}
    for column in table.columns:
        if isinstance(column.type, UtcDateTime):
            kind: Any = AwareDatetime
        elif isinstance(column.type, String):
            kind = Annotated[str, Field(max_length=column.type.length), NO_NUL]
        else:
            kind = OF_PYTHON[column.type.python_type]
        fields[column.name] = (kind | None if column.nullable else kind, ...)
    model: type[Line] = create_model(table.name, __base__=Line, **fields)
    return model


MODELS = {kind: row_model(table) for kind, table in TABLES.items()} | {"task": StoredTaskLine}


class Writer:
    """Writes the lines, and counts them."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write
        self._digest = hashlib.sha256()
        self.counts = dict.fromkeys(KINDS, 0)

    def header(self, last_job: int) -> None:
        self._line("header", {"format": FORMAT, "version": VERSION, "created_at": utcnow(), "last_job": last_job})

    def put(self, kind: str, values: dict[str, Any]) -> None:
        self._line(kind, values)
        self.counts[kind] += 1

    def trailer(self) -> None:
        self._line("trailer", plural(self.counts) | {"sha256": self._digest.hexdigest()})

    def _line(self, kind: str, values: dict[str, Any]) -> None:
        text = json.dumps({kind: values}, ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)
        line = text.encode() + b"\n"
        self._digest.update(line)
        self._write(line)


def plural(counts: dict[str, int]) -> dict[str, int]:
    return {f"{kind}s": count for kind, count in counts.items()}


class Reader:
    """Reads a dump, checking each line. What it gives counts only once it has been read to its end."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.number = 0
        self.counts = dict.fromkeys(KINDS, 0)
        kind, found = self._next()
        if kind != "header":
            raise self.wrong("this is no dump of `intermediate dump`")
        self.header: Header = self._checked(Header, found)

    def lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The kind and the values of each line, or DumpError; at the end, too, if something is missing or changed."""
        before = self._digest.hexdigest()
        kind, found = self._next()
        while kind != "trailer":
            if kind not in MODELS:
                raise self.wrong(f"a line of a dump holds none of {', '.join(KINDS)}")
            yield kind, self._checked(MODELS[kind], found).model_dump()
            self.counts[kind] += 1
            before = self._digest.hexdigest()
            kind, found = self._next()
        if found != plural(self.counts) | {"sha256": before}:
            raise self.wrong("the file is not as it was written: its counts or its digest differ")
        if self._source.readline(1):
            raise self.wrong("something follows the end")

    def wrong(self, why: str) -> DumpError:
        return DumpError(f"line {self.number}: {why}.")

    def _next(self) -> tuple[str, Any]:
        line = self._source.readline(LONGEST_LINE)
        self.number += 1
        if not line.endswith(b"\n"):
            raise self.wrong("the line is too long" if len(line) == LONGEST_LINE else "the file ends too early")
        self._digest.update(line)
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise self.wrong("this is no JSON") from None
        if not isinstance(found, dict) or len(found) != 1:
            raise self.wrong("a line of a dump is an object with one key")
        [(kind, values)] = found.items()
        return kind, values

    def _checked(self, model: type[Any], found: Any) -> Any:
        try:
            return model.model_validate_json(json.dumps(found))
        except ValidationError as error:
            raise self.wrong(reason(error)) from None
