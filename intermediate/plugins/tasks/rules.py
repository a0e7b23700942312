"""Rules that all tasks backends share: the values of new and changed tasks, the text for search, ISO weeks."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import normalize

from intermediate.plugins.tasks.interface import PRIORITIES, STATUSES, NewTask, StoredTask, Task, Week

WEEKS = 104
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)  # weeks are numbered from the first Monday of 1970
RANKS: dict[str, tuple[str, ...]] = {"priority": PRIORITIES, "status": STATUSES}  # fields that sort by rank
GIVEN = tuple(field.name for field in fields(NewTask) if field.name != "tags")  # tags have a separate table
CHANGEABLE = frozenset({*GIVEN, "tags"} - {"created_at", "completed_at"})


def folded(text: str) -> str:
    """Normalize text for search: case-folded, and in NFC, so that a composed and a decomposed é are equal."""
    return normalize("NFC", text.casefold())


def composed(tag: str) -> str:
    """Return a tag as it is stored: in NFC, so that composed and decomposed letters are the same tag."""
    return normalize("NFC", tag)


def search_text(title: str, description: str | None) -> str:
    """Return the text in which the folded `q` is searched."""
    return folded(f"{title}\n{description or ''}")


def unique_tags(tags: Any) -> tuple[str, ...]:
    """Return the tags of a task: without duplicates, sorted."""
    return tuple(sorted(set(tags)))


def new_row(owner: int, task: NewTask, now: datetime) -> dict[str, Any]:
    """Return the column values of a new task, except its tags.

    A task that is added as completed, without times of its own, is completed now.
    """
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


def made(task_id: int, row: Mapping[str, Any], tags: tuple[str, ...]) -> Task:
    """Return the task with this id, the values of `new_row`, and the tags that `unique_tags` returned."""
    values = {name: value for name, value in in_utc(row).items() if name != "search"}
    return Task(id=task_id, **values, tags=tags, version=1)


def in_utc(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with all times in UTC, as a store returns them."""
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in values.items()}


def stored_row(owner: int, stored: StoredTask) -> dict[str, Any]:
    """Return the column values of a task from another store, except its tags."""
    values = {name: getattr(stored.task, name) for name in Task._fields if name != "tags"}
    search = search_text(stored.task.title, stored.task.description)
    return values | {"owner_id": owner, "search": search, "deleted_at": stored.trashed_at}


def changed_row(task: Task, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the column values that a change writes, except the tags.

    Raises TypeError for a field that cannot be changed.
    """
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
    """Raise ValueError for a purge without bounds, which would delete the tasks of all owners."""
    if owner is None and trashed_before is None:
        raise ValueError("purge needs an owner, a time, or both")


def week_number(moment: datetime) -> int:
    """Return the number of the week that contains a time, counted from MONDAY."""
    return (moment - MONDAY) // timedelta(weeks=1)


def week_start(number: int) -> datetime:
    return MONDAY + timedelta(weeks=number)


def iso_week(number: int) -> str:
    """Return the ISO name of a week, such as 2026-W47."""
    year, week, _ = week_start(number).isocalendar()
    return f"{year}-W{week:02d}"


def last_weeks(now: datetime, created: Mapping[int, int], completed: Mapping[int, int]) -> tuple[Week, ...]:
    """Return the weeks of a report made at `now`, from counts by week number."""
    this = week_number(now)
    numbers = range(this - WEEKS + 1, this + 1)
    return tuple(Week(iso_week(number), created.get(number, 0), completed.get(number, 0)) for number in numbers)
