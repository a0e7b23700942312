"""Moving house: everything that people made, out of one installation and into another, whatever their backends."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DatabaseError

from intermediate.dumps import TABLES, DumpError, Reader, Writer
from intermediate.engines import continue_after, take_snapshot
from intermediate.models import Job, TaskReport, User
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
    writer.header(_last_job(request))
    for kind, table in TABLES.items():
        for row in _rows(request, select(table).order_by(*table.primary_key)):
            writer.put(kind, dict(row))
    accounts = writer.counts["user"]
    for number, row in enumerate(_rows(request, select(User.id).order_by(User.id)), 1):
        for stored in request.tasks.dump(row["id"]):
            writer.put("task", asdict(stored.task) | {"trashed_at": stored.trashed_at})
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
        raise DumpError("There are accounts already: load into a database that is migrated and empty.")
    first = reader.number
    for kind, batch in batches(reader.lines()):
        try:
            if kind == "task":
                _load_tasks(request, batch)
            else:
                request.db.execute(insert(TABLES[kind]), [_anew(kind, row) for row in batch])
        except (DatabaseError, ValueError) as error:
            why = " ".join(str(getattr(error, "orig", error)).split())[:200]
            raise DumpError(f"Between lines {first} and {reader.number} is what cannot be stored: {why}.") from None
        first = reader.number
        advance()
    continue_after(request.db.connection(), Job.__table__, reader.header.last_job)
    continue_after(request.db.connection(), User.__table__, _last(request, User.id))
    return reader.counts


def batches(lines: Iterator[tuple[str, Row]]) -> Iterator[tuple[str, list[Row]]]:
    """Lines of one kind that follow each other, and tasks of one owner, in lists of a bounded length."""
    for (kind, _owner), group in groupby(
        lines, lambda line: (line[0], line[1]["owner_id"] if line[0] == "task" else 0)
    ):
        while batch := [row for _, (_, row) in zip(range(BATCH), group, strict=False)]:
            yield kind, batch


def _load_tasks(request: Request, rows: list[Row]) -> None:
    owner = rows[0]["owner_id"]
    if request.db.scalar(select(User.id).where(User.id == owner)) is None:
        raise ValueError(f"a task of the account {owner}, which is not in the file")
    stored = [StoredTask(trashed_at=row.pop("trashed_at"), task=Task(**row)) for row in rows]
    request.tasks.load(owner, stored)


def _anew(kind: str, row: Row) -> Row:
    """What is not to be as it was. A report has not been put into this installation's analytics sink yet. The tasks of
    an account get a version that the other house, whose cache may be shared, does not come to.
    """
    match kind:
        case "report":
            return row | {"mirrored_seq": None, "mirrored_to": None}
        case "user":
            return row | {"tasks_version": secrets.randbelow(2**30)}
    return row


def _rows(request: Request, statement: Any) -> Iterator[Any]:
    return iter(request.db.execute(statement, execution_options={"yield_per": BATCH}).mappings())


def _last_job(request: Request) -> int:
    return max(_last(request, Job.id), _last(request, TaskReport.seq))


def _last(request: Request, column: Any) -> int:
    return request.db.scalar(select(func.max(column))) or 0
