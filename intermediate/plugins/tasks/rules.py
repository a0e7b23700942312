"""What every tasks backend must reckon alike: what a new or changed task holds, what search looks in, ISO weeks."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import normalize

from intermediate.plugins.tasks.interface import PRIORITIES, STATUSES, NewTask, StoredTask, Task, Week

WEEKS = 104
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)  # weeks are numbered from the first Monday after 1970 began
RANKS: dict[str, tuple[str, ...]] = {"priority": PRIORITIES, "status": STATUSES}  # what sorts by its place here
GIVEN = tuple(field.name for field in fields(NewTask) if field.name != "tags")  # tags have a table of their own
CHANGEABLE = frozenset({*GIVEN, "tags"} - {"created_at", "completed_at"})


def folded(text: str) -> str:
    """Text as searches compare it: capitals make no difference, nor does whether an é is one character or two."""
    return normalize("NFC", text.casefold())


def composed(tag: str) -> str:
    """A tag as it is stored: in one spelling, whether it came with letters of one character or of two."""
    return normalize("NFC", tag)


def search_text(title: str, description: str | None) -> str:
    """What `q`, folded, is looked for in."""
    return folded(f"{title}\n{description or ''}")


def unique_tags(tags: Any) -> tuple[str, ...]:
    """Tags as a task holds them."""
    return tuple(sorted(set(tags)))


def new_row(owner: int, task: NewTask, now: datetime) -> dict[str, Any]:
    """The values of a task to add, but for its tags. One that is added now as completed was completed now."""
    completed_at = task.completed_at
    if task.status == "completed" and task.created_at is None and completed_at is None:
        completed_at = now
    created_at = task.created_at or now
    return {name: getattr(task, name) for name in GIVEN} | {
        "owner_id": owner,
        "search": search_text(task.title, task.description),
        "created_at": created_at,
        "updated_at": created_at,
        "completed_at": completed_at,
    }


def made(task_id: int, row: Mapping[str, Any], tags: Any) -> Task:
    """The task that `new_row` became under an id."""
    values = {name: value for name, value in in_utc(row).items() if name != "search"}
    return Task(id=task_id, **values, tags=unique_tags(tags), version=1)


def in_utc(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with their times as they come back from a store."""
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in values.items()}


def stored_row(owner: int, stored: StoredTask) -> dict[str, Any]:
    """The values of a task that was somewhere else before, but for its tags."""
    values = {name: getattr(stored.task, name) for name in Task._fields if name != "tags"}
    search = search_text(stored.task.title, stored.task.description)
    return values | {"owner_id": owner, "search": search, "deleted_at": stored.trashed_at}


def changed_row(task: Task, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The values that a change writes, but for its tags. TypeError for a field that cannot be changed."""
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"a change cannot set {', '.join(sorted(unknown))}")
    values = {name: value for name, value in changes.items() if name != "tags"}
    values |= {"updated_at": now, "version": task.version + 1}
    if {"title", "description"} & changes.keys():
        title, description = changes.get("title", task.title), changes.get("description", task.description)
        values["search"] = search_text(title, description)
    status = changes.get("status", task.status)
    if status != task.status:
        values["completed_at"] = now if status == "completed" else None
    return values


def check_purge(owner: int | None, trashed_before: datetime | None) -> None:
    """A purge without a bound would delete everybody's tasks: it is a mistake of the caller's."""
    if owner is None and trashed_before is None:
        raise ValueError("purge needs an owner, a time, or both")


def week_number(moment: datetime) -> int:
    """The number of the week in which a time lies."""
    return (moment - MONDAY) // timedelta(weeks=1)


def week_start(number: int) -> datetime:
    return MONDAY + timedelta(weeks=number)


def iso_week(number: int) -> str:
    """The ISO name of a week, such as 2026-W47."""
    year, week, _ = week_start(number).isocalendar()
    return f"{year}-W{week:02d}"


def last_weeks(now: datetime, created: Mapping[int, int], completed: Mapping[int, int]) -> tuple[Week, ...]:
    """The weeks of a report made at `now`, from counts by week number."""
    this = week_number(now)
    numbers = range(this - WEEKS + 1, this + 1)
    return tuple(Week(iso_week(number), created.get(number, 0), completed.get(number, 0)) for number in numbers)
