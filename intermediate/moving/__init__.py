"""Dump and load: move all user data from one installation to another, independent of their backends."""

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
    """Write a consistent snapshot of everything, and return the counts. `advance` is called with the fraction done.

    A tasks backend with a database of its own is not part of the snapshot: it is read at its own time.
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
    """Return the number of queued and running jobs, which a dump does not contain."""
    waiting = select(func.count()).where(Job.status.in_(("queued", "running")))
    return request.db.scalar(waiting) or 0


def load(request: Request, reader: Reader, advance: Advance = lambda: None) -> dict[str, int]:
    """Load a dump into an installation without accounts, and return the counts. `advance` is called for each batch.

    After a DumpError the caller must not commit the transaction.
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
    """Group consecutive lines of one kind, and tasks of one owner, into lists of bounded length."""
    for (kind, _owner), group in groupby(lines, _group_key):
        while batch := [line for _, line in zip(range(BATCH), group, strict=False)]:
            yield kind, batch


def _group_key(line: Found) -> tuple[str, int]:
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
    rows = [_with_new_version(kind, line.values) for line in lines]
    try:
        with request.db.begin_nested():
            request.db.execute(table, rows)
    except DatabaseError:
        for line, row in zip(lines, rows, strict=True):  # one by one, to find the refused row
            try:
                request.db.execute(table, [row])
            except DatabaseError as error:
                raise DumpError(f"line {line.number}: this cannot be stored: {_why(error)}.") from None
        raise


def _check_owners(request: Request, lines: list[Found]) -> None:
    """Raise DumpError unless the owner of each task and report is an account in the file.

    The database does not enforce this: tasks may be elsewhere, and reports have no foreign key. The account of a GONE
    report must not exist, since it would never get another report.
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


def _with_new_version(kind: str, row: Row) -> Row:
    """Set a random `tasks_version`, so that entries of the source installation in a shared cache do not match."""
    return row | {"tasks_version": secrets.randbelow(2**30)} if kind == "user" else row


def _moved(kind: str) -> Any:
    """Return the SELECT for a table's dumped columns, in an order that is the same in all databases."""
    table = TABLES[kind]
    return select(*COLUMNS[kind]).order_by(*(by_code_point(table.c[name]) for name in ORDER[kind]))


def _rows(request: Request, statement: Any) -> Iterator[Any]:
    return iter(request.db.execute(statement, execution_options={"yield_per": BATCH}).mappings())


def _marks(request: Request) -> dict[str, int]:
    """Return the highest ids that were ever assigned."""
    connection = request.db.connection()
    newest = request.db.scalar(select(func.max(TaskReport.seq))) or 0
    return {
        "last_user": last_given(connection, User.__table__),
        "last_task": request.tasks.last_id(),
        "last_job": max(last_given(connection, Job.__table__), newest),
    }
