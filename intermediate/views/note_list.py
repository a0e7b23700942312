"""The list of tasks as templates show it: in groups, with counts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from intermediate import reads
from intermediate.i18n import _
from intermediate.overview import DAY, Days, overview
from intermediate.request import Request
from intermediate.schemas.tasks import iso, task_document
from intermediate.security import Identity
from intermediate.views.note_query import Asked, asked_around

TITLES = {
    "overdue": _("Overdue"),
    "today": _("Today"),
    "tomorrow": _("Tomorrow"),
    "week": _("This week"),
    "later": _("Later"),
    "none": _("No date"),
}


@dataclass
class Group:
    """Tasks under one heading, or all tasks without a heading.

    `count` (open tasks) and `done` (completed today) are set only for the list without filters.
    """

    name: str = "all"
    title: str = ""
    day: date | None = None
    count: int | None = None
    done: int = 0
    tasks: list[Mapping[str, Any]] = field(default_factory=list)


def list_values(request: Request, who: Identity, asked: Asked) -> dict[str, Any]:
    """Return the values of a page of tasks and its counts, both read through the cache."""
    cursor = reads.read_cursor(request, who, asked.query, asked.cursor) if asked.cursor else None
    page = json.loads(reads.TasksPage(request, who, asked.query, cursor).read())
    counts = json.loads(reads.tasks_overview(request, who, asked.days))
    return {
        "asked": asked,
        "counts": counts,
        "page": page,
        "groups": groups(asked, counts, page["items"]),
        "more": asked.rest(page["next_cursor"]) if page["next_cursor"] else "",
        "left": page["total"] - page["offset"] - len(page["items"]),
    }


def fresh_counts(request: Request, owner: int) -> dict[str, Any]:
    """Return the counts of the list that an HTMX form was sent from, after this request's own write.

    They are read past the cache, since its key would still have the version from before the write.
    """
    asked = asked_around(request)
    counts = overview(request.tasks, owner, asked.days)
    return {
        "asked": asked,
        "counts": counts,
        "groups": [] if asked.query.trashed else groups(asked, counts, ()),
        "place": lambda task: rows_of(asked, task),
    }


def groups(asked: Asked, counts: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Return all groups, empty ones included: later changes may move a task into them."""
    if not asked.grouped:
        return [Group(tasks=list(tasks))]
    found = {name: _group(name, asked, counts["groups"]) for name in TITLES}
    for task in tasks:
        found[group_of(asked.days, task)].tasks.append(task)
    return list(found.values())


def group_of(days: Days, task: Mapping[str, Any]) -> str:
    due = datetime.fromisoformat(task["due_at"]) if task["due_at"] else None
    return days.group(due, completed=task["status"] == "completed")


def rows_of(asked: Asked, task: Mapping[str, Any]) -> str:
    """Return the name of the list of rows that contains a task: its group, or "all"."""
    return group_of(asked.days, task) if asked.grouped else "all"


def _group(name: str, asked: Asked, counts: Mapping[str, int]) -> Group:
    title = _("Earlier") if name == "overdue" and not asked.query.open else TITLES[name]
    group = Group(name, title, {"today": asked.days.today, "tomorrow": asked.days.today + DAY}.get(name))
    if asked.whole:
        group.count, group.done = counts[name], counts["done_today"] if name == "today" else 0
    return group


def trash_values(request: Request, who: Identity, asked: Asked) -> dict[str, Any]:
    """Return the values of a page of the trash. It is read past the cache, since it may be emptied at any time."""
    found = request.tasks.trash(who.user_id, limit=asked.query.limit, offset=asked.query.offset)
    seen = asked.query.offset + len(found.items)
    keep = timedelta(days=request.registry.app_settings.tasks.trash_days)
    return {
        "asked": asked,
        "counts": json.loads(reads.tasks_overview(request, who, asked.days)) | {"trash": found.total},
        "page": {"total": found.total},
        "trashed": [
            (task_document(one.task), iso(one.trashed_at), iso(one.trashed_at and one.trashed_at + keep))
            for one in found.items
        ],
        "more": asked.address(offset=str(seen)) if seen < found.total else "",
        "left": found.total - seen,
    }
