"""The counts beside the list of tasks: what is due on each day of the week, and counts per view, group and tag.

Days are those of the caller's time zone.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from intermediate import zones
from intermediate.plugins.tasks.interface import TaskStore
from intermediate.schemas.tasks import stats_document

DAY = timedelta(days=1)
MOST_TAGS = 100
Between = Callable[[datetime | None, datetime | None], Counter[str]]


@dataclass(frozen=True, slots=True)
class Days:
    """The current time, and the days around it in a time zone."""

    now: datetime
    zone: ZoneInfo
    today: date

    @classmethod
    def around(cls, now: datetime, zone: ZoneInfo) -> Self:
        return cls(now, zone, now.astimezone(zone).date())

    @property
    def week(self) -> list[date]:
        """The seven days of this week, Monday first."""
        monday = self.today - self.today.weekday() * DAY
        return [monday + number * DAY for number in range(7)]

    def start(self, day: date) -> datetime:
        return zones.at(datetime.combine(day, time()), self.zone).astimezone(UTC)

    def last(self, day: date) -> datetime:
        """Return the last moment of a day."""
        return self.start(day + DAY) - timedelta(microseconds=1)

    def group(self, due: datetime | None, *, completed: bool) -> str:
        """Return the heading for a task in a list that is sorted by due date."""
        if due is None:
            return "none"
        if not completed and due < self.now:
            return "overdue"
        day = due.astimezone(self.zone).date()
        if day <= self.today:
            return "today" if day == self.today else "overdue"
        if day == self.today + DAY:
            return "tomorrow"
        return "week" if day <= self.week[-1] else "later"


def overview(store: TaskStore, owner: int, days: Days) -> dict[str, Any]:
    """Return all counts of an owner's tasks, ready for JSON."""
    stats = stats_document(store.stats(owner, days.now))
    between = _due_between(store, owner, days)
    week = [_day(between, days, day) for day in days.week]
    today = week[days.today.weekday()]
    return {
        "stats": stats,
        "week": week,
        "today": today["late"] + today["in_progress"] + today["pending"],
        "groups": _groups(between, days, stats["pending"] + stats["in_progress"]),
        "tags": store.tag_counts(owner, MOST_TAGS),
        "trash": store.trash(owner, limit=1).total,
    }


def _due_between(store: TaskStore, owner: int, days: Days) -> Between:
    """Return a function that counts tasks by status between two of the times needed below, all from one read."""
    dates = {*days.week, days.week[-1] + DAY, days.today + DAY, days.today + 2 * DAY}
    moments = sorted({days.now, *map(days.start, dates)})
    counts = store.due_counts(owner, moments)

    def between(begin: datetime | None, end: datetime | None) -> Counter[str]:
        first = 0 if begin is None else moments.index(begin) + 1
        behind = len(counts) if end is None else moments.index(end) + 1
        return sum((Counter[str](one) for one in counts[first:behind]), Counter())

    return between


def _open(counts: Mapping[str, int]) -> int:
    return counts.get("pending", 0) + counts.get("in_progress", 0)


def _day(between: Between, days: Days, day: date) -> dict[str, Any]:
    """Return the counts of a day. A late task is counted only as late."""
    start, end = days.start(day), days.start(day + DAY)
    passed = max(start, min(days.now, end))
    late, to_come = between(start, passed), between(passed, end)
    return {
        "date": day.isoformat(),
        "late": _open(late),
        "in_progress": to_come["in_progress"],
        "pending": to_come["pending"],
        "completed": late["completed"] + to_come["completed"],
    }


def _groups(between: Between, days: Days, all_open: int) -> dict[str, int]:
    """Count the open tasks under each heading, and today's completed ones."""
    tomorrow, after, monday = (days.start(day) for day in (days.today + DAY, days.today + 2 * DAY, days.week[-1] + DAY))
    groups = {
        "overdue": _open(between(None, days.now)),
        "today": _open(between(days.now, tomorrow)),
        "tomorrow": _open(between(tomorrow, after)),
        "week": _open(between(after, max(after, monday))),
        "later": _open(between(max(after, monday), None)),
    }
    done = between(days.start(days.today), tomorrow)["completed"]
    return groups | {"none": all_open - sum(groups.values()), "done_today": done}
