"""The statements of the tasks backend `sql`, the same for SQLite and Postgres."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, literal_column, or_, select, tuple_

from intermediate.models import TaskRow, TaskTag
from intermediate.models.base import by_code_point, microseconds
from intermediate.plugins.tasks import rules
from intermediate.plugins.tasks.interface import (
    STATUSES,
    Position,
    Progress,
    Stats,
    Summary,
    Task,
    TaskQuery,
    Week,
)

# Columns of the tables, not attributes of the models, because the ORM would double the time of a query.
TASK: Any = TaskRow.__table__.c
TAG: Any = TaskTag.__table__.c
TAG_END = "\n"  # no tag contains it


Execute = Callable[[Any], Any]
WEEK_MICROSECONDS = 7 * 86400 * 1_000_000
OFFSET = (rules.MONDAY - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


_END: Any = literal_column(f"'{TAG_END}'")  # a parameter would have to be rendered for each statement
_TAGS = select(func.aggregate_strings(TAG.tag, _END)).where(TAG.task_id == TASK.id).scalar_subquery()
# In the order of Task's fields. The tags are one text, so that a page takes one query.
COLUMNS = [_TAGS.label(name) if name == "tags" else TASK[name] for name in Task._fields]
_EVERYONES = {
    False: select(*COLUMNS).where(TASK.deleted_at.is_(None)),
    True: select(*COLUMNS).where(TASK.deleted_at.is_not(None)),
}


_PLACE_OF_TAGS = Task._fields.index("tags")
_OWNER: Any = bindparam("owner")


def owned(owner: Any, trashed: bool = False) -> Select[Any]:
    return _EVERYONES[trashed].where(TASK.owner_id == owner)


# With the parameters `owner` and `task_id`. Built once: building a statement takes half as long as running it.
ONE = {trashed: owned(_OWNER, trashed).where(TASK.id == bindparam("task_id")) for trashed in _EVERYONES}


def task_of(row: Any) -> Task:
    """Return the task in a row of COLUMNS."""
    values: list[Any] = [*row]
    tags = values[_PLACE_OF_TAGS]
    values[_PLACE_OF_TAGS] = tuple(sorted(tags.split(TAG_END))) if tags else ()
    return Task(*values)


def matching(owner: Any, query: TaskQuery) -> Select[Any]:
    """Select the owner's tasks that pass every filter."""
    rows = owned(owner, query.trashed)
    if query.status:
        rows = rows.where(TASK.status == query.status)
    if query.open:
        rows = rows.where(TASK.status != "completed")
    if query.priority:
        rows = rows.where(TASK.priority == query.priority)
    if query.q:
        rows = rows.where(TASK.search.contains(rules.folded(query.q), autoescape=True))
    if query.tag:
        rows = rows.where(TASK.id.in_(select(TAG.task_id).where(TAG.tag == query.tag)))
    if query.due_before:
        rows = rows.where(TASK.due_at <= query.due_before)
    if query.due_after:
        rows = rows.where(TASK.due_at >= query.due_after)
    return rows


def count_of(rows: Select[Any]) -> Select[Any]:
    return rows.with_only_columns(func.count(), maintain_column_froms=True)


@lru_cache(128)
def page(query: TaskQuery) -> Select[Any]:
    """Select a page, with the parameter `owner`. Does not apply the position, which `behind` does.

    Cached, because most owners request the same few pages.
    """
    return ordered(matching(_OWNER, query), query.sort).limit(query.limit).offset(query.offset)


@lru_cache(128)
def counted_page(query: TaskQuery) -> Select[Any]:
    """Select a page, with the number of all matching tasks as the last column of each row."""
    return page(query).add_columns(count_of(matching(_OWNER, query)).correlate(None).scalar_subquery())


def _key(name: str) -> Any:
    """Return the expression that a sort field sorts by."""
    column = TASK[name]
    return (
        case({word: rank for rank, word in enumerate(rules.RANKS[name])}, value=column)
        if name in rules.RANKS
        else column
    )


def ordered(rows: Select[Any], sort: str) -> Select[Any]:
    """Order rows by a sort field. Tasks without a due date come last in both directions, and ids break ties."""
    name = sort.removeprefix("-")
    key = _key(name)
    last = [TASK.due_at.is_(None)] if name == "due_at" else []
    if sort.startswith("-"):
        return rows.order_by(*last, key.desc(), TASK.id.desc())
    return rows.order_by(*last, key, TASK.id)


def behind(rows: Select[Any], sort: str, place: Position) -> Select[Any]:
    """Restrict ordered rows to those after a position: a range of the index, if there is one for the order."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if place.value is None:
        return rows.where(TASK.due_at.is_(None), _beyond(TASK.id, place.task_id, descending))
    value = rules.RANKS[name].index(str(place.value)) if name in rules.RANKS else place.value
    there = tuple_(literal(value, None if name in rules.RANKS else TASK[name].type), literal(place.task_id))
    rest = _beyond(tuple_(_key(name), TASK.id), there, descending)
    return rows.where(or_(rest, TASK.due_at.is_(None)) if name == "due_at" else rest)


def _beyond(one: Any, other: Any, descending: bool) -> ColumnElement[bool]:
    return one < other if descending else one > other


def stats(owner: int, now: datetime) -> Select[Any]:
    """Select one row: total, pending, in progress, completed, overdue."""
    by_status = [func.count(case((TASK.status == status, 1))) for status in STATUSES]
    overdue = func.count(case((and_(TASK.status != "completed", TASK.due_at < now), 1)))
    counts: Any = select(func.count(), *by_status, overdue)
    return counts.where(TASK.owner_id == owner, TASK.deleted_at.is_(None))


def due_counts(owner: int, moments: Sequence[datetime]) -> Select[Any]:
    """Select rows of span, status and count. The span is the number of moments at or before the due date."""
    spans = [(TASK.due_at < moment, index) for index, moment in enumerate(moments)]
    span = case(*spans, else_=len(moments)).label("span")
    rows = owned(owner).where(TASK.due_at.is_not(None))
    return rows.with_only_columns(span, TASK.status, func.count()).group_by("span", TASK.status)


def tag_counts(owner: int, limit: int) -> Select[Any]:
    """Select rows of tag and count."""
    count, tags = func.count(), owned(owner).where(TASK.status != "completed").join(TaskTag, TAG.task_id == TASK.id)
    rows = tags.with_only_columns(TAG.tag, count).group_by(TAG.tag)
    return rows.order_by(count.desc(), by_code_point(TAG.tag)).limit(limit)


def summary(execute: Execute, owner: int, now: datetime, progress: Progress) -> Summary:
    """Return the owner's report, from aggregates only."""
    counted = Stats(*execute(stats(owner, now)).one())
    progress(0.3)
    median = _median(execute, owner)
    progress(0.6)
    weeks = _weeks(execute, owner, now)
    progress(1.0)
    return Summary(stats=counted, median_completion_seconds=median, weeks=weeks)


def _median(execute: Execute, owner: int) -> float | None:
    """Return the lower median: the n-th of 2n or 2n - 1 durations."""
    done = owned(owner).where(TASK.completed_at.is_not(None))
    count = execute(count_of(done)).scalar_one()
    if not count:
        return None
    took = microseconds(TASK.completed_at) - microseconds(TASK.created_at)
    middle = done.with_only_columns(took).order_by(took).offset((count - 1) // 2).limit(1)
    return execute(middle).scalar_one() / 1_000_000


def _weeks(execute: Execute, owner: int, now: datetime) -> tuple[Week, ...]:
    since = rules.week_start(rules.week_number(now) - rules.WEEKS + 1)
    created, completed = (_per_week(execute, owner, column, since) for column in (TASK.created_at, TASK.completed_at))
    return rules.last_weeks(now, created, completed)


def _per_week(execute: Execute, owner: int, column: Any, since: datetime) -> dict[int, int]:
    number = (microseconds(column) - OFFSET) // WEEK_MICROSECONDS
    rows = owned(owner).where(column >= since).with_only_columns(number, func.count()).group_by(number)
    return {week: count for week, count in execute(rows)}  # noqa: C416  rows are not pairs to dict()
