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
        added_tasks_can_be_read: `add` gives ids in the order of its input, and each can be read as it was given.
        created_task_is_as_read: `create` gives the task just as `get` does from then on.
        ids_are_not_reused: the id of a task that was purged is never given to another.
        owners_are_separate: no method shows or changes another owner's task.
        absence_is_keyerror: `get`, `change`, `remove` and `restore` of what is not there raise KeyError.
        pages_are_complete: following `offset` through a query gives each matching task once, and `total` of them.
        positions_lead_on: a page `after` the last task of the one before goes on where that ended. Who follows a query
            so gets each task that is there all the time, and whose sort value stays, once and in order, whatever else
            is added, changed or deleted meanwhile. What a page costs does not grow with the tasks before it.
        order_is_stable: `sort` orders text by code point, priority and status by rank, no due date last, and ties
            by id in the same direction.
        search_ignores_case: `q` is found in title and description whatever the case, and has no wildcards.
        filters_combine: a page holds just the tasks that all of its filters match; due bounds include their ends.
        changes_are_partial: `change` sets the named fields, raises `version` by one and sets `updated_at`.
        changes_are_not_lost: changes of one task that are made at once all happen, one after the other.
        only_fields_change: naming what is no field of a task, or one that the store itself keeps, is a TypeError.
        completion_is_stamped: becoming completed sets `completed_at`, becoming anything else clears it.
        stale_changes_are_refused: a `version` that is not the task's raises StaleVersionError, with the task as it
            is, and changes nothing.
        trash_hides_and_restores: `remove` puts a task in the trash and `restore` brings it back unchanged.
        purge_is_final: purged tasks are gone, and `purge` counts them.
        purge_is_bounded: only what lies within all given bounds is purged, and a purge without any is a ValueError.
        rollback_undoes: what is written in a transaction that aborts, or whose commit fails, was never there.
        own_writes_are_seen: a transaction sees what it wrote.
        uncommitted_is_unseen: no other transaction sees what is not committed.
        trash_is_listed: `trash` gives what is in the trash, the latest deletion first and with its time, and how much
            is there.
        due_is_counted: `due_counts` counts by status what is due before the first of its moments, from each until right
            before the next, and from the last on. Tasks without a due date, and the trash, are in none.
        tags_are_counted: `tag_counts` counts the open tasks of each tag that has any: the most first, ties by code
            point, and no more than were asked for.
        stats_count_all: `stats` and `summary` count every task that is not in the trash, at the given time.
        median_is_lower: `median_completion_seconds` is the lower median over tasks with a `completed_at`.
        weeks_are_iso: `summary` counts what was created and completed in each of the last 104 ISO weeks in UTC.
        progress_rises: `progress` hears fractions that rise to 1.
        stream_gives_all: `stream` gives every matching task in the query's order, whatever its limit, offset and
            position.
        dumped_tasks_load: what `dump` gives, the trash included, `load` makes again, with ids, versions and times.
        loading_is_into_empty_places: `load` of an id that is taken, whoever's it is, is a ValueError.
        loaded_ids_are_not_given_again: a task that is added later has another id than those that were loaded.
        given_ids_are_known: `last_id` is not below any id that was ever given, be its task purged, and what is added
            after `continue_after` has a higher id than was named.
        times_keep_microseconds: times come back to the microsecond, aware, in UTC.
        unreachable_is_told: while its service cannot be reached, each method raises TasksError, and so does the
            backend's `ping`, within a second (if remote). One that needs the core database tells its absence so, too.
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
