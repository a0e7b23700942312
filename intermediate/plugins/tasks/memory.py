"""The tasks backend `memory`, for demonstrations and tests. One transaction writes at a time.

The tasks are lost when the process ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from intermediate.models.base import utcnow
from intermediate.plugins.base import Duration, Section
from intermediate.plugins.tasks import memory_reads as reads
from intermediate.plugins.tasks import rules
from intermediate.plugins.tasks.interface import (
    NewTask,
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
    TaskStore,
    Trash,
)
from intermediate.plugins.tasks.memory_data import Kept, Memory, Rows, Staged


class MemoryTasksSettings(Section):
    wait_seconds: Duration = 5
    """How long a write waits for another one before it gets a 503; the default is the same as on SQLite."""


class MemoryTasks(Tasks):
    Settings = MemoryTasksSettings

    def __init__(self, wait_seconds: float) -> None:
        self._memory = Memory(wait_seconds)

    @classmethod
    def build(cls, config: object, settings: MemoryTasksSettings) -> "MemoryTasks":
        return cls(settings.wait_seconds)

    def open(self, tm: Any, session: Session) -> TaskStore:
        return MemoryTaskStore(self._memory, tm)


class MemoryTaskStore(TaskStore):
    def __init__(self, memory: Memory, tm: Any) -> None:
        self._memory = memory
        self._tm = tm
        self._staged: Staged | None = None

    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        return _find(self._rows(owner), task_id, trashed).task

    def page(self, owner: int, query: TaskQuery) -> Page:
        tasks = reads.matching(self._rows(owner).values(), query)
        total = None if query.after else len(tasks)
        if query.after:
            tasks = reads.behind(tasks, query.sort, query.after)
        return Page(tuple(tasks[query.offset : query.offset + query.limit]), total)

    def stream(self, owner: int, query: TaskQuery) -> Iterator[Task]:
        yield from reads.matching(self._rows(owner).values(), query)

    def stats(self, owner: int, now: datetime) -> Stats:
        return reads.stats(self._untrashed(owner), now)

    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        return reads.due_counts(self._untrashed(owner), moments)

    def tag_counts(self, owner: int, limit: int) -> list[tuple[str, int]]:
        return reads.tag_counts(self._untrashed(owner))[:limit]

    def trash(self, owner: int, *, limit: int, offset: int = 0) -> Trash:
        found = reads.trash(self._rows(owner).values())
        return Trash(tuple(found[offset : offset + limit]), len(found))

    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        return reads.summary(self._untrashed(owner), now, progress or (lambda _done: None))

    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        now, rows, ids = utcnow(), self._to_write().for_owner(owner), []
        for task in new:
            values, task_id = rules.new_row(owner, task, now), self._memory.next_id()
            rows[task_id] = Kept(rules.made(task_id, values, rules.unique_tags(task.tags)), values["search"])
            ids.append(task_id)
        return ids

    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        rows = self._to_write().for_owner(owner)
        kept = _find_at(rows, task_id, version)
        values = rules.in_utc(rules.changed_row(kept.task, changes, utcnow()))
        search = values.pop("search", kept.search)
        if "tags" in changes:
            values["tags"] = rules.unique_tags(changes["tags"])
        rows[task_id] = Kept(kept.task._replace(**values), search)
        return rows[task_id].task

    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        rows = self._to_write().for_owner(owner)
        rows[task_id] = replace(_find_at(rows, task_id, version), deleted_at=utcnow())

    def restore(self, owner: int, task_id: int) -> Task:
        rows = self._to_write().for_owner(owner)
        rows[task_id] = replace(_find(rows, task_id, trashed=True), deleted_at=None)
        return rows[task_id].task

    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        rules.check_purge(owner, trashed_before)
        staged = self._to_write()
        owners = [owner] if owner is not None else sorted({*self._memory.owners(), *staged.rows})
        return sum(_purge(staged.for_owner(one), trashed_before) for one in owners)

    def dump(self, owner: int) -> Iterator[StoredTask]:
        for _, kept in sorted(self._rows(owner).items()):
            yield StoredTask(kept.task, kept.deleted_at)

    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        staged = self._to_write()
        taken = {task_id for one in {*self._memory.owners(), *staged.rows} for task_id in self._rows(one)}
        for one in stored:
            task = one.task._replace(owner_id=owner)
            if task.id in taken:
                raise ValueError(f"task {task.id} appears twice")
            taken.add(task.id)
            search = rules.search_text(task.title, task.description)
            staged.for_owner(owner)[task.id] = Kept(task, search, one.trashed_at)
        self.continue_after(max(taken, default=0))

    def last_id(self) -> int:
        return self._memory.last_id

    def continue_after(self, last_id: int) -> None:
        self._to_write()
        self._memory.continue_after(last_id)

    def _rows(self, owner: int) -> Rows:
        """Return the owner's tasks as this transaction sees them, including its own writes."""
        if self._staged and not self._staged.ended and owner in self._staged.rows:
            return self._staged.rows[owner]
        return self._memory.rows(owner)

    def _untrashed(self, owner: int) -> list[Task]:
        return [row.task for row in self._rows(owner).values() if row.deleted_at is None]

    def _to_write(self) -> Staged:
        if self._staged is None or self._staged.ended:
            self._staged = Staged(self._memory, self._tm)
        return self._staged


def _find(rows: Rows, task_id: int, trashed: bool) -> Kept:
    kept = rows[task_id]
    if (kept.deleted_at is not None) != trashed:
        raise KeyError(task_id)
    return kept


def _find_at(rows: Rows, task_id: int, version: int | None) -> Kept:
    kept = _find(rows, task_id, trashed=False)
    if version not in (None, kept.task.version):
        raise StaleVersionError(kept.task)
    return kept


def _purge(rows: Rows, before: datetime | None) -> int:
    gone = [key for key, row in rows.items() if before is None or (row.deleted_at and row.deleted_at < before)]
    for key in gone:
        del rows[key]
    return len(gone)
