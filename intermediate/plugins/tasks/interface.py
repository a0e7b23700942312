"""The contract of a tasks backend, which stores and queries tasks."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy.orm import Session

# Re-exported for backends.
from intermediate.models.task import PRIORITIES as PRIORITIES
from intermediate.models.task import STATUSES as STATUSES
from intermediate.models.task import NewTask as NewTask
from intermediate.models.task import Priority as Priority
from intermediate.models.task import Status as Status
from intermediate.models.task import Task as Task
from intermediate.plugins.base import Backend, BackendError

SORTS = ("created_at", "updated_at", "due_at", "priority", "title", "status")


class TasksError(BackendError):
    """Tasks cannot be read or written at the moment."""

    code = "tasks_unavailable"


class StaleVersionError(Exception):
    """The task is no longer at the version that the caller saw. `current` is the current task."""

    def __init__(self, current: Task) -> None:
        super().__init__(f"task {current.id} is at version {current.version}")
        self.current = current


class OwnerGoneError(Exception):
    """The owner's account was deleted after it was read."""


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task that moves from one backend to another. `trashed_at` is when it was deleted, if it is in the trash."""

    task: Task
    trashed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A position in an order: right after the task with this sort value and id, whether that task exists or not."""

    value: str | datetime | None
    task_id: int

    @classmethod
    def behind(cls, task: Task, sort: str) -> Self:
        return cls(getattr(task, sort.removeprefix("-")), task.id)


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """The filters and the order of a query. `sort` is one of SORTS, prefixed with `-` for descending.

    A page begins `offset` tasks after the position `after`, or after the start of the list if `after` is None.
    """

    status: Status | None = None
    open: bool = False  # only tasks that are not completed
    q: str | None = None
    tag: str | None = None
    priority: Priority | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    sort: str = "-created_at"
    limit: int = 20
    offset: int = 0
    trashed: bool = False
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tasks, and how many match in total. For a page after a position, `total` is None."""

    items: tuple[Task, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class Trash:
    """A page of the tasks in the trash, and their total."""

    items: tuple[StoredTask, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of an owner's tasks. Overdue tasks are past `due_at` and not completed."""

    total: int = 0
    pending: int = 0
    in_progress: int = 0
    completed: int = 0
    overdue: int = 0

    @property
    def completion_rate(self) -> float:
        """A fraction from 0 to 1; 0 if there are no tasks."""
        return self.completed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week in UTC, such as 2026-W47, and how many tasks were created and completed in it."""

    week: str
    created: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """The content of a report. `weeks` are the last 104 weeks including the current one, oldest first."""

    stats: Stats = field(default_factory=Stats)
    median_completion_seconds: float | None = None
    weeks: tuple[Week, ...] = ()


Progress = Callable[[float], None]
"""A callback for the progress of a long read, as a fraction from 0 to 1."""


class TaskStore(ABC):
    """Reads and writes the tasks within the transaction of one request.

    A task belongs to one owner; under another owner's id it is absent. Access to an absent task is a KeyError. A task
    in the trash is absent except for `page(trashed=True)`, `get(trashed=True)`, `trash`, `restore` and `purge`.

    Promises:
        added_tasks_can_be_read: `add` returns ids in the order of its input, and each task can be read as it was given.
        created_task_is_as_read: `create` returns the task exactly as `get` does afterwards.
        ids_are_not_reused: the id of a purged task is never assigned again.
        owners_are_separate: no method shows or changes another owner's task.
        absence_is_keyerror: `get`, `change`, `remove` and `restore` of an absent task raise KeyError.
        pages_are_complete: paging through a query by `offset` returns each matching task once, `total` in all.
        positions_lead_on: a page `after` the last task of the previous page continues where that ended. Following a
            query in this way returns each task that exists throughout, and whose sort value does not change, once and
            in order, whatever else is added, changed or deleted in the meantime. The cost of a page does not depend on
            how many tasks precede it.
        order_is_stable: `sort` orders text by code point, and priority and status by rank. Tasks without a due date
            come last, and ties are broken by id in the same direction.
        search_ignores_case: `q` is found in title and description regardless of case, and has no wildcards.
        filters_combine: a page contains only tasks that match all filters; due bounds are inclusive.
        changes_are_partial: `change` sets the given fields, increments `version` and sets `updated_at`.
        changes_are_not_lost: concurrent changes to a task are all applied, one after the other.
        only_fields_change: an unknown field, or one that the store itself maintains, is a TypeError.
        completion_is_stamped: setting the status to completed sets `completed_at`, any other status clears it.
        stale_changes_are_refused: a `version` other than the task's raises StaleVersionError, with the current task,
            and changes nothing.
        trash_hides_and_restores: `remove` moves a task to the trash and `restore` brings it back unchanged.
        purge_is_final: purged tasks are gone, and `purge` returns their number.
        purge_is_bounded: only tasks within all given bounds are purged; a purge without bounds is a ValueError.
        rollback_undoes: nothing remains of a transaction that aborts, or whose commit fails.
        own_writes_are_seen: a transaction sees its own writes.
        uncommitted_is_unseen: no other transaction sees uncommitted writes.
        commit_is_one_moment: as soon as the core database shows that a transaction has committed, nobody reads the
            tasks from before it: such a read waits, or raises TasksError. Otherwise the cache would keep old tasks
            under the owner's new version.
        shared_means_one_store: with capability `shared`, all processes with the same settings have the same tasks.
        trash_is_listed: `trash` returns the tasks in the trash with the time of their deletion, latest first, and their
            total.
        due_is_counted: `due_counts` counts tasks by status in the intervals between its moments: before the first, from
            each up to but not including the next, and from the last on. Tasks without a due date, and tasks in the
            trash, are not counted.
        tags_are_counted: `tag_counts` counts the open tasks of each tag that has any. The highest counts come first,
            ties by code point, and no more than requested.
        stats_count_all: `stats` and `summary` count every task that is not in the trash, at the given time.
        median_is_lower: `median_completion_seconds` is the lower median over tasks with a `completed_at`.
        weeks_are_iso: `summary` counts the tasks created and completed in each of the last 104 ISO weeks in UTC.
        progress_rises: `progress` is called with increasing fractions, up to 1.
        stream_gives_all: `stream` returns every matching task in the query's order, and ignores its limit, offset and
            position.
        dumped_tasks_load: `load` recreates what `dump` returns, including the trash, with ids, versions and times.
        loading_is_into_empty_places: `load` of an id that any owner already uses is a ValueError.
        loaded_ids_are_not_given_again: a task added later never gets the id of a loaded one.
        given_ids_are_known: `last_id` is not below any id ever assigned, even if its task was purged. After
            `continue_after`, new ids are higher than the given one.
        times_keep_microseconds: times are returned with microseconds, timezone-aware, in UTC.
        unreachable_is_told: while its service cannot be reached, each method raises TasksError, and so does the
            backend's `ping`, within a second (if remote). A backend that needs the core database does the same while
            that cannot be reached.
    """

    in_session: ClassVar[bool] = False
    """Whether the store writes through the session of the core database and so commits together with it. If True,
    `create` must raise OwnerGoneError itself."""

    @abstractmethod
    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        """Return a task, or with `trashed` a task in the trash. Raises KeyError if it is absent."""

    @abstractmethod
    def page(self, owner: int, query: TaskQuery) -> Page:
        """Return at most `limit` matching tasks, starting at `after` and `offset`, and how many match in total."""

    @abstractmethod
    def stream(self, owner: int, query: TaskQuery) -> Iterator[Task]:
        """Yield all matching tasks in constant memory. Read them all before the next write."""

    @abstractmethod
    def stats(self, owner: int, now: datetime) -> Stats:
        """Return the owner's counts at `now`."""

    @abstractmethod
    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        """Return how many tasks of each status are due in each interval.

        `moments`, at least one and in ascending order, separate the intervals, so that there is one more interval than
        moments. A status without tasks may be left out.
        """

    @abstractmethod
    def tag_counts(self, owner: int, limit: int) -> list[tuple[str, int]]:
        """Return the tags of open tasks, each with the number of tasks that have it."""

    @abstractmethod
    def trash(self, owner: int, *, limit: int, offset: int = 0) -> Trash:
        """Return at most `limit` tasks in the trash, starting at `offset`."""

    @abstractmethod
    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        """Return the owner's report at `now`, in constant memory. Calls `progress` after each step."""

    @abstractmethod
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        """Add tasks and return their ids in the same order. The caller has checked the lengths of texts."""

    def create(self, owner: int, new: NewTask) -> Task:
        """Add a task and return it. A backend that need not read it back may override this."""
        [task_id] = self.add(owner, [new])
        return self.get(owner, task_id)

    @abstractmethod
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        """Set some of the fields of NewTask, except the times of creation and completion, and return the changed task.

        Raises KeyError if the task is absent, StaleVersionError if `version` is given and is not the task's.
        """

    @abstractmethod
    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        """Move a task to the trash. Raises the same errors as `change`."""

    @abstractmethod
    def restore(self, owner: int, task_id: int) -> Task:
        """Take a task out of the trash and return it. Raises KeyError if it is not there."""

    @abstractmethod
    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        """Delete tasks permanently and return their number.

        These are all tasks of an owner, all tasks trashed before a time, or, with both bounds, the tasks of that owner
        trashed before that time.
        """

    @abstractmethod
    def dump(self, owner: int) -> Iterator[StoredTask]:
        """Yield all tasks of an owner, including the trash, ordered by id, in constant memory.

        Read them all before the next write.
        """

    @abstractmethod
    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        """Add tasks unchanged. Raises ValueError if an id is taken; the transaction must then be aborted."""

    @abstractmethod
    def last_id(self) -> int:
        """Return the highest id ever assigned to any owner's task; 0 if there was none."""

    @abstractmethod
    def continue_after(self, last_id: int) -> None:
        """Assign only higher ids than this one from now on."""


class Tasks(Backend, ABC):
    """A backend that stores tasks."""

    @abstractmethod
    def open(self, tm: Any, session: Session) -> TaskStore:
        """Return a store for one request, which commits and aborts with the transaction of `tm`.

        `session` is the session of the core database, which has already joined the transaction.
        """
