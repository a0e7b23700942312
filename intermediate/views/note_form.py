"""A task as a form shows and sends it: every value is text."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from intermediate.request import Request
from intermediate.schemas.tasks import TaskChange, TaskIn, TasksQuery
from intermediate.templating import moment

NARROWING = ("q", "status", "priority", "tag", "due_after", "due_before")
FILTERS = (*NARROWING, "sort", "limit")
NEWEST_FIRST = "-created_at"


def form_of(task: Mapping[str, Any]) -> dict[str, str]:
    """The text in each field for a task's document."""
    due = f"{moment(task['due_at']):%Y-%m-%dT%H:%M}" if task["due_at"] else ""
    return {
        "title": task["title"],
        "description": task["description"] or "",
        "status": task["status"],
        "priority": task["priority"],
        "due_at": due,
        "tags": ", ".join(task["tags"]),
    }


def new_task(form: Mapping[str, str]) -> TaskIn:
    """The task that a form describes; an empty field is one that was left out. ValidationError if it cannot be."""
    values = {name: value for name, value in _values(form).items() if value or name == "title"}
    return TaskIn.model_validate(values, strict=True)


def task_changes(form: Mapping[str, str]) -> TaskChange:
    """The fields that a form sets; an empty one clears what was there. ValidationError if it cannot be."""
    return TaskChange.model_validate(_values(form), strict=True)


def _values(form: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = dict(form)
    if "due_at" in values:
        values["due_at"] = utc_moment(values["due_at"])
    if "tags" in values:
        values["tags"] = tuple(tag for tag in (part.strip() for part in values["tags"].split(",")) if tag)
    if "description" in values:  # browsers end the lines of a text area with CR LF
        values["description"] = values["description"].replace("\r\n", "\n") or None
    return values


def utc_moment(text: str) -> datetime | str | None:
    """What a `datetime-local` field holds, which is taken as UTC; the text itself if it is no time."""
    text = text.strip()
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def read_filters(request: Request) -> tuple[TasksQuery, dict[str, str], bool]:
    """The filters of the address, as a query and as text, and whether they can be used.

    An empty field of the filter form is no filter. If one is wrong, all are left out.
    """
    given = {name: value for name, value in request.GET.items() if value and (name, value) != ("sort", NEWEST_FIRST)}
    try:
        query = TasksQuery.model_validate(given)
    except ValidationError:
        return TasksQuery.model_validate({}), {}, False
    return query, {name: given[name] for name in FILTERS if name in given}, True
