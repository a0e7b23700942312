"""Import of tasks from a CSV file, by the same rules for the command and the API.

The file is UTF-8 with a header. The columns `title`, `description`, `status` and `created_at` are required;
`priority`, `due_at`, `tags` and `completed_at` are optional; the order is free. An empty cell means the default of a
new task; tags are separated by commas; times are RFC 3339. The completion time of a completed task without
`completed_at` is unknown. The quote that guards a formula is not part of the text; alone, it means an empty text
(`formulas`).

A row that breaks the rules does not stop the others. A file that is not such a CSV raises ImportFileError, at any
line: the caller's transaction then rolls back, so a file is imported as a whole or not at all. Rows are read, checked
and added in batches, in constant memory.
"""

import csv
import io
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, BinaryIO, Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from intermediate.formulas import unguard
from intermediate.plugins.tasks.interface import NewTask, TaskStore
from intermediate.schemas.tasks import TITLE_LENGTH, TaskIn, UtcMoment

REQUIRED = ("title", "description", "status", "created_at")
OPTIONAL = (*(name for name in TaskIn.model_fields if name not in REQUIRED), "completed_at")
LONGEST_LINE = 1024 * 1024
BATCH = 2000


class ImportFileError(Exception):
    """The file cannot be imported. The message is one line that says where and why."""


class TaskRow(TaskIn):
    """A valid row: a task, and the times of its creation and completion."""

    created_at: UtcMoment | None = None
    completed_at: UtcMoment | None = None

    @model_validator(mode="after")
    def _completed_in_order(self) -> Self:
        if self.completed_at and self.status != "completed":
            raise PydanticCustomError("completed_at", "completed_at is given, but the status is not completed")
        if self.completed_at and self.created_at and self.completed_at < self.created_at:
            raise PydanticCustomError("completed_at", "completed_at is before created_at")
        return self

    def to_new(self) -> NewTask:
        return NewTask(**self.__dict__)


@dataclass
class Counts:
    """The numbers of imported and refused rows, and of imported rows whose title was truncated."""

    imported: int = 0
    refused: int = 0
    truncated: int = 0

    @property
    def rows(self) -> int:
        return self.imported + self.refused


Refused = Callable[[int, str], None]
Record = tuple[int, list[str]]


@dataclass
class Importer:
    """Adds the tasks of a file to an owner's. `refused` is called with the line and the reason of each refused row."""

    store: TaskStore
    owner: int
    refused: Refused
    truncate_titles: bool = False

    def run(
        self, file: BinaryIO, after_batch: Callable[[], None] = lambda: None, counts: Counts | None = None
    ) -> Counts:
        """Import a file that is open for reading bytes. `after_batch` is called after each batch.

        `counts` are those of an earlier run, which this one continues, and are updated in place.
        """
        counts = counts or Counts()
        with opened(file) as (columns, records):
            deque(islice(records, counts.rows), maxlen=0)
            tasks = self._tasks(columns, records, counts)
            while batch := list(islice(tasks, BATCH)):
                self.store.add(self.owner, batch)
                counts.imported += len(batch)
                after_batch()
        return counts

    def _tasks(self, columns: list[str], records: Iterator[Record], counts: Counts) -> Iterator[NewTask]:
        for line, cells in records:
            try:
                task = self._task(columns, cells, counts)
            except ValueError as error:
                counts.refused += 1
                self.refused(line, reason(error))
            else:
                yield task

    def _task(self, columns: list[str], cells: list[str], counts: Counts) -> NewTask:
        if len(cells) != len(columns):
            raise ValueError(f"the row has {len(cells)} cells, but the header has {len(columns)}")
        values: dict[str, Any] = {name: unguard(cell) for name, cell in zip(columns, cells, strict=True) if cell}
        if "tags" in values:
            values["tags"] = [tag for tag in values["tags"].split(",") if tag.strip()]
        long = self.truncate_titles and len(values.get("title", "").strip()) > TITLE_LENGTH
        task = TaskRow.model_validate(truncated(values) if long else values).to_new()
        counts.truncated += long
        return task


def check_beginning(file: BinaryIO) -> None:
    """Raise ImportFileError if a file has no valid header."""
    with opened(file):
        pass


def count_records(file: BinaryIO) -> int:
    """Count the rows of a seekable file and rewind it. ImportFileError if it is not such a CSV."""
    with opened(file) as (_columns, records):
        count = sum(1 for _ in records)
    file.seek(0)
    return count


@contextmanager
def opened(file: BinaryIO) -> Iterator[tuple[list[str], Iterator[Record]]]:
    """Yield the columns in the header of a file, and its records. ImportFileError if it is not such a CSV."""
    with closing(read_records(file)) as records:
        yield check_header(next(records, (1, []))[1]), records


def read_records(file: BinaryIO) -> Generator[Record, None, None]:
    """Yield each record with its first line, from 1, without blank lines. ImportFileError if it is not CSV."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(_lines(text), strict=True)
    begin = 1
    try:
        for cells in reader:
            if cells:
                yield begin, [cell.replace("\r\n", "\n") for cell in cells] if "\r" in "".join(cells) else cells
            begin = reader.line_num + 1
    except UnicodeDecodeError:
        raise ImportFileError(f"it is not valid UTF-8, at or soon after line {reader.line_num + 1}.") from None
    except csv.Error as error:
        raise ImportFileError(f"the record that begins on line {begin} is not valid CSV: {error}.") from None
    finally:
        text.detach()  # the caller closes the file


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    for number in count(1):
        line = text.readline(LONGEST_LINE)
        if not line:
            return
        if "\0" in line:
            raise ImportFileError(f"line {number} contains a NUL character, so it is not text.")
        if len(line) == LONGEST_LINE:
            raise ImportFileError(f"line {number} is too long.")
        yield line


def check_header(cells: list[str]) -> list[str]:
    """Return the columns of a header, or raise ImportFileError with those that are wrong."""
    columns = [cell.strip().lower() for cell in cells]
    wanted = f"The header must name {', '.join(REQUIRED)} and may name {', '.join(OPTIONAL)}."
    if not columns:
        raise ImportFileError(f"it is empty. {wanted}")
    for what, names in (
        ("unknown", [name for name in columns if name not in REQUIRED + OPTIONAL]),
        ("missing", [name for name in REQUIRED if name not in columns]),
        ("repeated", [name for name in dict.fromkeys(columns) if columns.count(name) > 1]),
    ):
        if names:
            shown = ", ".join(repr(name[:40]) for name in names[:10])
            raise ImportFileError(f"{what} columns in the header: {shown}. {wanted}")
    return columns


def truncated(values: dict[str, Any]) -> dict[str, Any]:
    """Return a row with a truncated title, and the whole title at the start of its description."""
    title = values["title"].strip()
    description = "\n\n".join([title, *filter(None, [values.get("description")])])
    return values | {"title": title[: TITLE_LENGTH - 1].rstrip() + "…", "description": description}


def reason(error: ValueError) -> str:
    """Return why a row is refused, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join([*map(str, one["loc"][:1]), one["msg"]]) for one in found)
