"""Conversion between tasks and form fields: every value is text, and times are local to a time zone."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from intermediate import zones
from intermediate.clock_words import moment
from intermediate.schemas.tasks import LABELS, TaskChange, TaskIn
from intermediate.templating import PRIORITY_WORDS, STATUS_WORDS

MAY_BE_NULL = {name for name, field in TaskIn.model_fields.items() if field.default is None}
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
NO_VERSION = 0  # of any task


def form_of(task: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """Return the text of each field for a task's document."""
    return {name: "" if task[name] is None else str(task[name]) for name in LABELS} | {
        "due_at": _local(task["due_at"], zone) if task["due_at"] else "",
        "tags": ", ".join(task["tags"]),
        "version": str(task["version"]),
    }


def _local(due_at: str, zone: ZoneInfo) -> str:
    """Return the value of a `datetime-local` field. Its year has four digits; `strftime` would write 500 for 0500."""
    return moment(due_at, zone).replace(tzinfo=None).isoformat(timespec="minutes")


def form_version(form: Mapping[str, str]) -> int | None:
    """Return the version of the task that a form shows, or None if the form has none."""
    text = form.get("version", "")
    if not text:
        return None
    return int(text) if _VERSION.fullmatch(text) else NO_VERSION


def differences(mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the label and both values, in words, of each field in which two forms of a task differ."""
    return [
        (label, _words(name, mine[name]), _words(name, theirs[name]))
        for name, label in LABELS.items()
        if mine[name] != theirs[name]
    ]


def _words(name: str, text: str) -> str:
    if name == "due_at":
        return text.replace("T", " ")
    words: Mapping[str, str] = {"status": STATUS_WORDS, "priority": PRIORITY_WORDS}.get(name, {})
    return words.get(text, text)


def new_task(form: Mapping[str, str], zone: ZoneInfo) -> TaskIn:
    """Return the task that a form describes. An empty field counts as left out. Raise ValidationError."""
    values = {name: value for name, value in _values(form, zone).items() if value or name == "title"}
    return TaskIn.model_validate(values)


def task_changes(form: Mapping[str, str], zone: ZoneInfo, shown: Mapping[str, str] | None = None) -> TaskChange:
    """Return the changes that a form makes. An empty field clears its value. Raise ValidationError.

    `shown` is the form of the current task. A due time that equals the shown one is not changed: the form has neither
    its seconds nor, for an hour that clocks show twice, which of the two it is in.
    """
    values = _values(form, zone)
    if shown and form.get("due_at") == shown["due_at"]:
        values.pop("due_at", None)
    return TaskChange.model_validate(values)


def _values(form: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name, value in form.items() if name != "version"}
    if "due_at" in values:
        values["due_at"] = moment_of(values["due_at"], zone)
    if "tags" in values:
        values["tags"] = tuple(tag for tag in (part.strip() for part in values["tags"].split(",")) if tag)
    if "description" in values:  # browsers end the lines of a text area with CR LF
        values["description"] = values["description"].replace("\r\n", "\n")
    return values | {name: None for name in MAY_BE_NULL & values.keys() if not values[name]}


def moment_of(text: str, zone: ZoneInfo) -> datetime | str | None:
    """Return the time in a `datetime-local` field, local to a zone; the text itself if it is no time."""
    text = text.strip()
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return when if when.tzinfo else zones.at(when, zone)
