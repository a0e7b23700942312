"""What templates say about times, numbers and progress: Jinja filters, each from data to words.

Times come as the API writes them, ISO 8601 in UTC. They are told by the clock of who asks (`request.time_zone`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context
from pyramid.config import Configurator

from intermediate.charts import short_duration
from intermediate.i18n import LANGUAGES, _, translated
from intermediate.models.base import utcnow

STATUS_WORDS = {"completed": "Completed", "in_progress": "In progress", "pending": "Pending"}
THEMES = {
    "system": ("monitor", _("As the system")),
    "light": ("sun", _("Light")),
    "dark": ("moon", _("Dark")),
}  # icon, name
WAITING = (0, "Waiting for a worker")
STEPS = {
    "task-report": (WAITING, (1, "Counting by status"), (40, "Measuring times"), (90, "Saving the report")),
    "import": (WAITING, (1, "Adding the tasks")),
}


def moment(when: str | datetime, zone: ZoneInfo) -> datetime:
    """A time as the clocks of a zone show it."""
    return (when if isinstance(when, datetime) else datetime.fromisoformat(when)).astimezone(zone)


def now(zone: ZoneInfo) -> datetime:
    return utcnow().astimezone(zone)


def day_words(text: str, zone: ZoneInfo) -> str:
    """`Wed 25 Nov`, with the year if it is not this one."""
    when = moment(text, zone)
    return f"{when:%a} {when.day} {when:%b}" + ("" if when.year == now(zone).year else f" {when.year}")


def month_words(created: datetime, zone: ZoneInfo) -> str:
    """`March 2026`."""
    when = moment(created, zone)
    return f"{when:%B} {when.year}"


def time_words(text: str, zone: ZoneInfo) -> str:
    """`Wed 25 Nov 2026, 17:00 CET`. Zones whose times have no name get their distance: `17:00 UTC-03`."""
    when = moment(text, zone)
    name = when.tzname() or ""
    return f"{when:%a} {when.day} {when:%b} {when.year}, {when:%H:%M} {'UTC' if name[:1] in '+-' else ''}{name}"


def due_words(text: str, zone: ZoneInfo, under: str = "") -> str:
    """When a task is due, as short as it can be said: `Today 17:00`, `Tomorrow`, `Fri 27 Nov`.

    The last minute of a day is said as the day. Under a heading that names the day its name is left out: `17:00`.
    """
    when = moment(text, zone)
    timed = (when.hour, when.minute) not in ((0, 0), (23, 59))
    if timed and under in ("today", "tomorrow"):
        return f"{when:%H:%M}"
    days = (when.date() - now(zone).date()).days
    words = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get(days)
    words = words or (f"{when:%a}" if under == "week" else day_words(text, zone))
    return f"{words} {when:%H:%M}" if timed else words


def when_words(text: str, zone: ZoneInfo) -> str:
    """When something happened, within a sentence: `today at 08:55`, `yesterday at 22:10`, `on Fri 20 Nov at 09:00`."""
    when = moment(text, zone)
    days = (now(zone).date() - when.date()).days
    day = {0: "today", 1: "yesterday"}.get(days) or f"on {day_words(text, zone)}"
    return f"{day} at {when:%H:%M}"


def late_words(text: str, zone: ZoneInfo) -> str:
    """`3 days late`, `2 h late`, or nothing if that time is still to come."""
    when, late = moment(text, zone), utcnow() - datetime.fromisoformat(text)
    if late < timedelta(0):
        return ""
    if days := (now(zone).date() - when.date()).days:
        return f"{plural(days, 'day')} late"
    return f"{late.seconds // 3600} h late" if late >= timedelta(hours=1) else f"{late.seconds // 60} min late"


def duration_words(seconds: float) -> str:
    """The two greatest parts of a duration: `2 days 4 h`, `4 h 10 min`, `12 min`, `40 s`."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    parts = [plural(days, "day") if days else "", f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    if not any(parts):
        return f"{whole} s"
    first = next(index for index, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


def plural(count: int, noun: str) -> str:
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def number(value: int) -> str:
    """`9,428`."""
    return f"{value:,}"


def percent(rate: float) -> str:
    """A fraction from 0 to 1 as `64.9 %`, whole ones without the point."""
    return f"{rate * 100:.1f}".removesuffix(".0") + " %"


def ago_words(text: str) -> str:
    """How long ago a time was: `just now`, `4 minutes ago`, `3 days ago`."""
    seconds = max(0, int((utcnow() - datetime.fromisoformat(text)).total_seconds()))
    for unit, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            return f"{plural(seconds // unit, noun)} ago"
    return "just now"


class Step(NamedTuple):
    """A step of a job. Its state is in the words for a task's status."""

    name: str
    state: str
    took: str = ""


def job_steps(job: dict[str, Any]) -> list[Step]:
    """The steps of a job that is under way, and how long it waited."""
    begun = 0 if job["status"] == "queued" else max(1, job["progress"])
    steps = STEPS[job["kind"]]
    current = max(index for index, (start, _) in enumerate(steps) if start <= begun)
    states = ["completed"] * current + ["in_progress"] + ["pending"] * (len(steps) - current - 1)
    took = [waited(job) if current and job["started_at"] else ""] + [""] * (len(steps) - 1)
    return [Step(name, *rest) for (_, name), *rest in zip(steps, states, took, strict=True)]


def waited(job: dict[str, Any]) -> str:
    """Between asking and beginning: `0.4 s`, `2 min`."""
    asked, began = (datetime.fromisoformat(job[name]) for name in ("created_at", "started_at"))
    seconds = max(0.0, (began - asked).total_seconds())
    return f"{seconds:.1f} s" if seconds < 60 else short_duration(seconds)


def by_the_readers_clock(words: Callable[..., str]) -> Callable[..., str]:
    """The filter for words that depend on where one is."""

    @pass_context
    def say(context: Context, when: Any, *more: Any) -> str:
        return words(when, context["request"].time_zone, *more)

    return say


FILTERS = {
    "day_words": by_the_readers_clock(day_words),
    "month_words": by_the_readers_clock(month_words),
    "time_words": by_the_readers_clock(time_words),
    "due_words": by_the_readers_clock(due_words),
    "when_words": by_the_readers_clock(when_words),
    "late_words": by_the_readers_clock(late_words),
    "duration_words": duration_words,
    "number": number,
    "percent": percent,
    "plural": plural,
    "ago_words": ago_words,
    "short_duration": short_duration,
    "job_steps": job_steps,
    "translated": translated,
}


def includeme(config: Configurator) -> None:
    def add_filters() -> None:
        environment = config.get_jinja2_environment()
        environment.filters.update(FILTERS)
        environment.policies["ext.i18n.trimmed"] = True  # as in pyproject.toml, where the words are collected
        environment.globals |= {"LANGUAGES": LANGUAGES, "STATUS_WORDS": STATUS_WORDS, "THEMES": THEMES}

    config.action("intermediate.templating", add_filters, order=999)  # after the environment was made
