"""The tasks backend `sql`: tasks in the core database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, Engine, Select, String, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate.engines import continue_after, last_given
from intermediate.models import TaskRow, TaskTag
from intermediate.models.base import utcnow
from intermediate.plugins.base import Capability, reaching_database
from intermediate.plugins.tasks import rules
from intermediate.plugins.tasks import sql_queries as queries
from intermediate.plugins.tasks.interface import (
    NewTask,
    OwnerGoneError,
    Page,
    Progress,
    StaleVersionError,
    Stats,
    Status,
    StoredTask,
    Summary,
    Task,
    TaskQuery,
    Tasks,
    TasksError,
    TaskStore,
    Trash,
)
from intermediate.plugins.tasks.sql_queries import TAG, TASK

BATCH = 500
# Not the ORM: it would double the time of most statements. It also omits None values and so inserts row by row.
TABLE: Any = TaskRow.__table__
TAGS: Any = TaskTag.__table__

_INSERT = insert(TABLE)
_INSERT_FOR_IDS = _INSERT.returning(TABLE.c.id, sort_by_parameter_order=True)
_LAST_ID = select(func.last_insert_rowid())
_INSERT_TAGS = insert(TAGS)


def _insert_with_tags() -> Any:
    """Return a statement that inserts a task and its tags in one round trip.

    SQLite does not support it and, having no network, does not need it.
    """
    given = [column.name for column in TABLE.c if column.name not in ("id", "version", "deleted_at")]
    row: dict[str, Any] = {name: bindparam(name) for name in given}
    made = _INSERT.values(row | {"version": 1}).returning(TABLE.c.id).cte("made")
    tags = select(made.c.id, func.unnest(bindparam("tags", type_=ARRAY(String))))
    return select(made.c.id).add_cte(_INSERT_TAGS.from_select(["task_id", "tag"], tags).cte("tagged"))


_INSERT_WITH_TAGS = _insert_with_tags()


class SqlTasks(Tasks):
    capabilities: ClassVar = frozenset({Capability.SHARED})

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def build(cls, config: Any, settings: object) -> "SqlTasks":
        return cls(config.registry.engine)

    def ping(self) -> None:
        with reaching_database(TasksError), self._engine.connect() as connection:
            connection.execute(select(TASK.id).limit(1))

    def open(self, tm: Any, session: Session) -> TaskStore:
        return SqlTaskStore(session)


class SqlTaskStore(TaskStore):
    in_session: ClassVar = True

    def __init__(self, session: Session) -> None:
        self._session = session

    def _execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        with reaching_database(TasksError):
            return self._session.execute(statement, parameters, execution_options=options)

    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        row = self._execute(queries.ONE[trashed], {"owner": owner, "task_id": task_id}).first()
        if row is None:
            raise KeyError(task_id)
        return queries.task_of(row)

    def page(self, owner: int, query: TaskQuery) -> Page:
        if query.after:
            behind = queries.behind(queries.page(replace(query, after=None)), query.sort, query.after)
            return Page(tuple(map(queries.task_of, self._execute(behind, {"owner": owner}))), None)
        rows = self._execute(queries.counted_page(query), {"owner": owner}).all()
        if rows:
            return Page(tuple(queries.task_of(row[:-1]) for row in rows), rows[0][-1])
        return Page((), self._execute(queries.count_of(queries.matching(owner, query))).scalar_one())

    def stream(self, owner: int, query: TaskQuery) -> Iterator[Task]:
        rows = queries.ordered(queries.matching(owner, query), query.sort)
        for batch in self._batches(rows):
            yield from map(queries.task_of, batch)

    def stats(self, owner: int, now: datetime) -> Stats:
        return Stats(*self._execute(queries.stats(owner, now)).one())

    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        counts: list[dict[Status, int]] = [{} for _ in range(len(moments) + 1)]
        for span, status, count in self._execute(queries.due_counts(owner, moments)):
            counts[span][status] = count
        return counts

    def tag_counts(self, owner: int, limit: int) -> list[tuple[str, int]]:
        return [(tag, count) for tag, count in self._execute(queries.tag_counts(owner, limit))]

    def trash(self, owner: int, *, limit: int, offset: int = 0) -> Trash:
        trashed = queries.owned(owner, trashed=True)
        latest = trashed.add_columns(TASK.deleted_at).order_by(TASK.deleted_at.desc(), TASK.id.desc())
        rows = self._execute(latest.limit(limit).offset(offset)).all()
        items = tuple(StoredTask(queries.task_of(row[:-1]), row.deleted_at) for row in rows)
        return Trash(items, self._execute(queries.count_of(trashed)).scalar_one())

    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        return queries.summary(self._execute, owner, now, progress or (lambda _done: None))

    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        now = utcnow()
        ids: list[int] = []
        for start in range(0, len(new), BATCH):
            ids += self._insert([rules.new_row(owner, task, now) for task in new[start : start + BATCH]])
        self._add_tags(
            [(task_id, tag) for task_id, task in zip(ids, new, strict=True) for tag in rules.unique_tags(task.tags)]
        )
        return ids

    def create(self, owner: int, new: NewTask) -> Task:
        row, tags = rules.new_row(owner, new, utcnow()), rules.unique_tags(new.tags)
        try:
            task_id = self._insert_one(row, tags)
        except TasksError as error:
            if isinstance(error.__cause__, IntegrityError):  # the owner is the only foreign key of a task
                raise OwnerGoneError(owner) from error
            raise
        return rules.made(task_id, row, tags)

    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        self._write(owner, task_id, version, lambda task: rules.changed_row(task, changes, utcnow()))
        if "tags" in changes:
            self._execute(delete(TAGS).where(TAG.task_id == task_id))
            self._add_tags([(task_id, tag) for tag in rules.unique_tags(changes["tags"])])
        return self.get(owner, task_id)

    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        self._write(owner, task_id, version, lambda _task: {"deleted_at": utcnow()})

    def restore(self, owner: int, task_id: int) -> Task:
        self.get(owner, task_id, trashed=True)
        self._execute(update(TABLE).where(TASK.id == task_id).values(deleted_at=None))
        return self.get(owner, task_id)

    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        rules.check_purge(owner, trashed_before)
        rows = delete(TABLE)
        if owner is not None:
            rows = rows.where(TASK.owner_id == owner)
        if trashed_before is not None:
            rows = rows.where(TASK.deleted_at < trashed_before)
        return self._execute(rows).rowcount

    def _write(self, owner: int, task_id: int, version: int | None, make: Callable[[Task], dict[str, Any]]) -> None:
        """Read a task and update it, and repeat this if another transaction changed it between the two."""
        written = 0
        while not written:
            current = self.get(owner, task_id)
            if version not in (None, current.version):
                raise StaleVersionError(current)
            # Moving a task to the trash does not change its version, so compare both.
            unchanged = (TASK.version == current.version, TASK.deleted_at.is_(None))
            rows = update(TABLE).where(TASK.id == task_id, *unchanged)
            written = self._execute(rows.values(make(current))).rowcount

    def _insert_one(self, row: dict[str, Any], tags: Sequence[str]) -> int:
        if self._on_sqlite():
            [task_id] = self._insert([row])
            self._add_tags([(task_id, tag) for tag in tags])
            return task_id
        return int(self._execute(_INSERT_WITH_TAGS, row | {"tags": [*tags]}).scalar_one())

    def _insert(self, rows: list[dict[str, Any]]) -> Sequence[int]:
        """Insert rows and return their ids in the same order.

        SQLAlchemy needs one statement for this on Postgres, but one per row on SQLite. There the ids are computed:
        SQLite has one writer at a time, and AUTOINCREMENT increases by one.
        """
        if not self._on_sqlite():
            return self._execute(_INSERT_FOR_IDS, rows).scalars().all()
        self._execute(_INSERT, rows)
        last = self._execute(_LAST_ID).scalar_one()
        return range(last - len(rows) + 1, last + 1)

    def _on_sqlite(self) -> bool:
        return self._session.get_bind().dialect.name == "sqlite"

    def _batches(self, rows: Select[Any]) -> Iterator[Sequence[Any]]:
        """Yield the batches of a long read. Each may fail, so each converts the errors of the database."""
        batches = self._execute(rows, yield_per=BATCH).partitions()
        while True:
            with reaching_database(TasksError):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def dump(self, owner: int) -> Iterator[StoredTask]:
        mine = TASK.owner_id == owner
        trash = self._execute(select(TASK.id, TASK.deleted_at).where(mine).order_by(TASK.id), yield_per=BATCH)
        for batch in self._batches(select(*queries.COLUMNS).where(mine).order_by(TASK.id)):
            for task in map(queries.task_of, batch):
                with reaching_database(TasksError):
                    trashed_at = next(trash).deleted_at
                yield StoredTask(task, trashed_at)

    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        for start in range(0, len(stored), BATCH):
            batch = stored[start : start + BATCH]
            ids = [one.task.id for one in batch]
            taken = set(self._execute(select(TASK.id).where(TASK.id.in_(ids))).scalars())
            if taken or len({*ids}) < len(ids):
                [first, *_] = sorted(taken) or [one for one in ids if ids.count(one) > 1]
                raise ValueError(f"task {first} appears twice")
            self._execute(_INSERT, [rules.stored_row(owner, one) for one in batch])
            self._add_tags([(one.task.id, tag) for one in batch for tag in one.task.tags])
            self.continue_after(max(ids))

    def last_id(self) -> int:
        with reaching_database(TasksError):
            return last_given(self._session.connection(), TABLE)

    def continue_after(self, last_id: int) -> None:
        with reaching_database(TasksError):
            continue_after(self._session.connection(), TABLE, last_id)

    def _add_tags(self, pairs: Sequence[tuple[int, str]]) -> None:
        if pairs:
            self._execute(_INSERT_TAGS, [{"task_id": task_id, "tag": tag} for task_id, tag in pairs])
