"""Moving house: everything that people made, out of one installation and into another, whatever their backends."""

import secrets
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DatabaseError

from intermediate.engines import continue_after, last_given, take_snapshot
from intermediate.models import Job, TaskReport, User
from intermediate.models.base import by_code_point
from intermediate.models.report import GONE
from intermediate.moving.files import DumpError, Found, Reader, Writer
from intermediate.moving.lines import COLUMNS, ORDER, TABLES
from intermediate.plugins.tasks.interface import StoredTask, Task
from intermediate.request import Request

BATCH = 500
Row = dict[str, Any]
Advance = Callable[[], None]
Share = Callable[[float], None]


def dump(request: Request, write: Callable[[bytes], Any], advance: Share = lambda _done: None) -> dict[str, int]:
    """Write everything, as it is at one moment, and give the counts. `advance` hears which fraction is done.

    A tasks backend that keeps its tasks elsewhere than in the core database is read at its own moment.
    """
    take_snapshot(request.db.connection())
    writer = Writer(write)
    writer.header(**_marks(request))
    for kind in TABLES:
        for row in _rows(request, _moved(kind)):
            writer.put(kind, dict(row))
    accounts = writer.counts["user"]
    for number, row in enumerate(_rows(request, select(User.id).order_by(User.id)), 1):
        for stored in request.tasks.dump(row["id"]):
            writer.put("task", stored.task._asdict() | {"trashed_at": stored.trashed_at})
        advance(number / accounts)
    writer.trailer()
    return writer.counts


def unfinished(request: Request) -> int:
    """How many jobs a dump leaves behind."""
    waiting = select(func.count()).where(Job.status.in_(("queued", "running")))
    return request.db.scalar(waiting) or 0


def load(request: Request, reader: Reader, advance: Advance = lambda: None) -> dict[str, int]:
    """Put everything into an installation without accounts, and give the counts. `advance` is called for each batch.

    After DumpError the transaction must not be committed.
    """
    if request.db.scalar(select(func.count()).select_from(User)):
        raise DumpError("The database already has accounts. Load into one that is migrated and empty.")
    for kind, batch in batches(reader.lines()):
        if kind == "task":
            _load_tasks(request, batch)
        else:
            _load_rows(request, kind, batch)
        advance()
    connection = request.db.connection()
    continue_after(connection, User.__table__, reader.header.last_user)
    continue_after(connection, Job.__table__, reader.header.last_job)
    request.tasks.continue_after(reader.header.last_task)
    return reader.counts


def batches(lines: Iterator[Found]) -> Iterator[tuple[str, list[Found]]]:
    """Lines of one kind that follow each other, and tasks of one owner, in lists of a bounded length."""
    for (kind, _owner), group in groupby(lines, _together):
        while batch := [line for _, line in zip(range(BATCH), group, strict=False)]:
            yield kind, batch


def _together(line: Found) -> tuple[str, int]:
    return line.kind, line.values["owner_id"] if line.kind == "task" else 0


def _load_tasks(request: Request, lines: list[Found]) -> None:
    stored = [
        StoredTask(trashed_at=line.values["trashed_at"], task=Task(**_without(line.values, "trashed_at")))
        for line in lines
    ]
    _check_owners(request, lines)
    try:
        request.tasks.load(stored[0].task.owner_id, stored)
    except (DatabaseError, ValueError) as error:
        between = f"between lines {lines[0].number} and {lines[-1].number}"
        raise DumpError(f"{between}, something cannot be stored: {_why(error)}.") from None


def _load_rows(request: Request, kind: str, lines: list[Found]) -> None:
    if kind == "report":
        _check_owners(request, lines)
    table = insert(TABLES[kind])
    rows = [_anew(kind, line.values) for line in lines]
    try:
        with request.db.begin_nested():
            request.db.execute(table, rows)
    except DatabaseError:
        for line, row in zip(lines, rows, strict=True):  # one by one, to find it
            try:
                request.db.execute(table, [row])
            except DatabaseError as error:
                raise DumpError(f"line {line.number}: this cannot be stored: {_why(error)}.") from None
        raise


def _check_owners(request: Request, lines: list[Found]) -> None:
    """Each task and report is of an account in the file. The database does not see to it: tasks may lie elsewhere, and
    owners of reports are no foreign key.

    An account whose report is GONE must not be there: it would never get another.
    """
    owners = {line.values["owner_id"] for line in lines}
    there = set(request.db.scalars(select(User.id).where(User.id.in_(owners))))
    for number, kind, values in lines:
        owner, gone = values["owner_id"], values.get("seq") == GONE
        if (owner in there) is gone:
            why = "which is marked as gone" if gone else "which is not in the file"
            raise DumpError(f"line {number}: this {kind} belongs to the account {owner}, {why}.")


def _why(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", error)).split())[:200].rstrip(".")


def _without(values: Row, name: str) -> Row:
    return {key: value for key, value in values.items() if key != name}


def _anew(kind: str, row: Row) -> Row:
    """The tasks of an account get a version that the other house, whose cache may be shared, does not come to."""
    return row | {"tasks_version": secrets.randbelow(2**30)} if kind == "user" else row


def _moved(kind: str) -> Any:
    """What is moved of a table, in an order that all databases agree on."""
    table = TABLES[kind]
    return select(*COLUMNS[kind]).order_by(*(by_code_point(table.c[name]) for name in ORDER[kind]))


def _rows(request: Request, statement: Any) -> Iterator[Any]:
    return iter(request.db.execute(statement, execution_options={"yield_per": BATCH}).mappings())


def _marks(request: Request) -> dict[str, int]:
    """The highest numbers that were ever given."""
    connection = request.db.connection()
    newest = request.db.scalar(select(func.max(TaskReport.seq))) or 0
    return {
        "last_user": last_given(connection, User.__table__),
        "last_task": request.tasks.last_id(),
        "last_job": max(last_given(connection, Job.__table__), newest),
    }
