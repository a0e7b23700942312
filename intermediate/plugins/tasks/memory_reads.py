"""Filter, sort and count tasks in memory: the counterpart of `sql_queries`."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from intermediate.plugins.tasks import rules
from intermediate.plugins.tasks.interface import (
    STATUSES,
    Position,
    Progress,
    Stats,
    Status,
    StoredTask,
    Summary,
    Task,
    TaskQuery,
)
from intermediate.plugins.tasks.memory_data import Kept


def matching(rows: Iterable[Kept], query: TaskQuery) -> list[Task]:
    """Return the tasks that pass every filter, in the query's order."""
    text = rules.folded(query.q or "")
    tasks = [
        row.task
        for row in rows
        if (row.deleted_at is not None) == query.trashed and text in row.search and _passes(row.task, query)
    ]
    return ordered(tasks, query.sort)


def _passes(task: Task, query: TaskQuery) -> bool:
    due = task.due_at
    return (
        (not query.status or task.status == query.status)
        and (not query.open or task.status != "completed")
        and (not query.priority or task.priority == query.priority)
        and (not query.tag or query.tag in task.tags)
        and (not query.due_before or (due is not None and due <= query.due_before))
        and (not query.due_after or (due is not None and due >= query.due_after))
    )


def ordered(tasks: Sequence[Task], sort: str) -> list[Task]:
    """Sort tasks by a field. Tasks without a due date come last in both directions, and ids break ties."""
    name = sort.removeprefix("-")
    valued = [task for task in tasks if getattr(task, name) is not None]
    without = [task for task in tasks if getattr(task, name) is None]
    descending = sort.startswith("-")
    valued.sort(key=lambda task: _key(Position.behind(task, sort), name), reverse=descending)
    without.sort(key=lambda task: task.id, reverse=descending)
    return valued + without


def behind(tasks: Sequence[Task], sort: str, place: Position) -> list[Task]:
    """Return the tasks that come after a position, in the same order."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")

    def is_behind(task: Task) -> bool:
        other = Position.behind(task, sort)
        if (place.value is None) != (other.value is None):
            return other.value is None
        here, there = _key(place, name), _key(other, name)
        return there < here if descending else there > here

    return [task for task in tasks if is_behind(task)]


def _key(place: Position, name: str) -> tuple[Any, int]:
    value = rules.RANKS[name].index(str(place.value)) if name in rules.RANKS else place.value
    return (0 if value is None else value, place.task_id)


def stats(tasks: Sequence[Task], now: datetime) -> Stats:
    by_status = Counter(task.status for task in tasks)
    overdue = sum(task.status != "completed" and task.due_at is not None and task.due_at < now for task in tasks)
    return Stats(len(tasks), **{status: by_status[status] for status in STATUSES}, overdue=overdue)


def due_counts(tasks: Iterable[Task], moments: Sequence[datetime]) -> list[dict[Status, int]]:
    counts: list[Counter[Status]] = [Counter() for _ in range(len(moments) + 1)]
    for task in tasks:
        if task.due_at:
            counts[bisect_right(moments, task.due_at)][task.status] += 1
    return [dict(count) for count in counts]


def tag_counts(tasks: Iterable[Task]) -> list[tuple[str, int]]:
    counts = Counter(tag for task in tasks if task.status != "completed" for tag in task.tags)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def trash(rows: Iterable[Kept]) -> list[StoredTask]:
    """Return the tasks in the trash, latest deletion first."""
    trashed = [(row.deleted_at, row.task.id, row.task) for row in rows if row.deleted_at]
    return [StoredTask(task, deleted_at) for deleted_at, _, task in sorted(trashed, reverse=True)]


def summary(tasks: Sequence[Task], now: datetime, progress: Progress) -> Summary:
    """Return the report on an owner's tasks."""
    counted = stats(tasks, now)
    progress(0.3)
    took = sorted(task.completed_at - task.created_at for task in tasks if task.completed_at)
    # The lower median: the n-th of 2n or 2n - 1 durations. In whole microseconds: a float of seconds is inexact.
    median = took[(len(took) - 1) // 2] // timedelta(microseconds=1) / 1_000_000 if took else None
    progress(0.6)
    created = Counter(rules.week_number(task.created_at) for task in tasks)
    completed = Counter(rules.week_number(task.completed_at) for task in tasks if task.completed_at)
    progress(1.0)
    return Summary(counted, median, rules.last_weeks(now, created, completed))
