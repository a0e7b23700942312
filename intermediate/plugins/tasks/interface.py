"""What a tasks backend does: everything about tasks and nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy.orm import Session

# A backend imports them from here.
from intermediate.models.task import PRIORITIES as PRIORITIES
from intermediate.models.task import STATUSES as STATUSES
from intermediate.models.task import NewTask as NewTask
from intermediate.models.task import Priority as Priority
from intermediate.models.task import Status as Status
from intermediate.models.task import Task as Task
from intermediate.plugins.base import Backend, BackendError

SORTS = ("created_at", "updated_at", "due_at", "priority", "title", "status")


class TasksError(BackendError):
    """Tasks cannot be read or written now."""

    code = "tasks_unavailable"


class StaleVersionError(Exception):
    """The task is no longer at the version that the caller saw. `current` is the task as it is."""

    def __init__(self, current: Task) -> None:
        super().__init__(f"task {current.id} is at version {current.version}")
        self.current = current


class OwnerGoneError(Exception):
    """The account whose tasks were to be written has been deleted since it was looked up."""


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as it moves from one backend to another. `trashed_at` says since when it is in the trash, if it is."""

    task: Task
    trashed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: right behind the task with this value of the sort field and this id, be it there or not."""

    value: str | datetime | None
    task_id: int

    @classmethod
    def behind(cls, task: Task, sort: str) -> Self:
        return cls(getattr(task, sort.removeprefix("-")), task.id)


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks, in which order. `sort` is one of SORTS, with `-` before it for descending.

    A page begins `offset` tasks behind the position `after`, or behind the first task if there is none.
    """

    status: Status | None = None
    open: bool = False  # only what is not completed
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
    """Some tasks, and how many match in all. Behind a position nobody has counted, and `total` is None."""

    items: tuple[Task, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class Trash:
    """Some of the tasks in the trash, and how many are there in all."""

    items: tuple[StoredTask, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of an owner's tasks; overdue ones are not completed and past `due_at`."""

    total: int = 0
    pending: int = 0
    in_progress: int = 0
    completed: int = 0
    overdue: int = 0

    @property
    def completion_rate(self) -> float:
        """A fraction, 0 to 1; 0 without tasks."""
        return self.completed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week in UTC, such as 2026-W47, and how many tasks were created and completed in it."""

    week: str
    created: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a report says. `weeks` are the last 104, oldest first, the present one included."""

    stats: Stats = field(default_factory=Stats)
    median_completion_seconds: float | None = None
    weeks: tuple[Week, ...] = ()


Progress = Callable[[float], None]
"""Is told how much of a long read is done, as a fraction from 0 to 1."""


class TaskStore(ABC):
    """Tasks as one request sees and changes them, within its transaction.

    A task belongs to one owner; under another owner's id it is absent. Absence is KeyError. A task in the trash is
    absent but for `page(trashed=True)`, `get(trashed=True)`, `trash`, `restore` and `purge`.

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
    """Whether it writes through the core database's session, and so commits in the same moment. Its `create` then
    raises OwnerGoneError itself."""

    @abstractmethod
    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        """One task, or KeyError. With `trashed`, one that is in the trash."""

    @abstractmethod
    def page(self, owner: int, query: TaskQuery) -> Page:
        """The tasks that match, from `after` and `offset` on, at most `limit`, and how many match in all."""

    @abstractmethod
    def stream(self, owner: int, query: TaskQuery) -> Iterator[Task]:
        """All tasks that match, one by one, without holding them all. To be read before the next write."""

    @abstractmethod
    def stats(self, owner: int, now: datetime) -> Stats:
        """The owner's counts at `now`."""

    @abstractmethod
    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        """How many tasks are due in each of the spans that rising moments, one at least, make of time: one more than
        there are moments. What a span has none of may be absent."""

    @abstractmethod
    def tag_counts(self, owner: int, limit: int) -> list[tuple[str, int]]:
        """The tags of open tasks, and how many have each."""

    @abstractmethod
    def trash(self, owner: int, *, limit: int, offset: int = 0) -> Trash:
        """What lies in the trash, from `offset` on, at most `limit`."""

    @abstractmethod
    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        """The owner's report at `now`, in constant memory. `progress` hears of each step that is done."""

    @abstractmethod
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        """Add tasks, and give their ids in the same order. Lengths are the caller's to check."""

    def create(self, owner: int, new: NewTask) -> Task:
        """Add one task; the task as it is then. A backend that knows that without reading it may say it at once."""
        [task_id] = self.add(owner, [new])
        return self.get(owner, task_id)

    @abstractmethod
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        """Set some of the fields that a new task may be given, but for its times of creation and completion.

        The result is the task as it is then.

        KeyError, or StaleVersionError if `version` is not None and not the task's.
        """

    @abstractmethod
    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        """Put a task in the trash. Errors as for `change`."""

    @abstractmethod
    def restore(self, owner: int, task_id: int) -> Task:
        """Take a task out of the trash, or KeyError."""

    @abstractmethod
    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        """Delete for good, and say how many: all of an owner, what is in the trash since before a time, or, with both
        bounds, what is in that owner's trash since before that time."""

    @abstractmethod
    def dump(self, owner: int) -> Iterator[StoredTask]:
        """All tasks of an owner, the trash included, by id, without holding them all. To be read before a write."""

    @abstractmethod
    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        """Add tasks as they are. ValueError if an id is taken; the transaction must then be aborted."""

    @abstractmethod
    def last_id(self) -> int:
        """The highest id that was ever given, whoever's it was; 0 if there was none."""

    @abstractmethod
    def continue_after(self, last_id: int) -> None:
        """Give no id up to this one from now on."""


class Tasks(Backend, ABC):
    """A place where tasks live."""

    @abstractmethod
    def open(self, tm: Any, session: Session) -> TaskStore:
        """A store for one request, which commits and aborts with the transaction of `tm`.

        `session` is the core database's, already joined to it.
        """
