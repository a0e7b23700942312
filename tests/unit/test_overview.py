"""The sidebar of the list of notes: days are in the user's time zone, and each open task is counted once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intermediate.overview import DAY, Days, overview
from intermediate.plugins.tasks.interface import NewTask
from intermediate.testing.tasks_bench import TasksBench
from tests.unit.conftest import MakeApp

BRUSSELS = ZoneInfo("Europe/Brussels")
SUNDAY = datetime(2026, 3, 29, 10, tzinfo=UTC)  # the start of daylight saving time in Brussels


@pytest.fixture
def tasks(make_registry: MakeApp) -> TasksBench:
    return TasksBench(make_registry(tasks__backend="memory", jobs__backend="inline"), patience=5)


def test_a_day_on_which_clocks_are_put_on_has_23_hours() -> None:
    days = Days.around(SUNDAY, BRUSSELS)
    lengths = [days.start(day + DAY) - days.start(day) for day in days.week]
    assert lengths == [timedelta(hours=24)] * 6 + [timedelta(hours=23)]
    assert days.start(days.today) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert days.last(days.today) == datetime(2026, 3, 29, 22, tzinfo=UTC) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("zone", "today"),
    [("Pacific/Kiritimati", date(2026, 3, 30)), ("Europe/Brussels", date(2026, 3, 29)), ("UTC", date(2026, 3, 29))],
)
def test_today_is_that_of_the_reader(zone: str, today: date) -> None:
    days = Days.around(SUNDAY, ZoneInfo(zone))
    assert (days.today, days.week[0].weekday(), len(days.week)) == (today, 0, 7)
    assert today in days.week


@pytest.mark.parametrize("now", [SUNDAY, SUNDAY - 3 * DAY, SUNDAY - 6 * DAY, SUNDAY - timedelta(hours=11)])
def test_each_open_task_is_in_the_group_that_counts_it(tasks: TasksBench, now: datetime) -> None:
    dues = [None, *(now + timedelta(hours=6 * step) for step in range(-50, 51))]
    tasks.add(*[NewTask("open", due_at=due) for due in dues])
    tasks.add(*[NewTask("done", status="completed", due_at=due) for due in dues])
    days = Days.around(now, BRUSSELS)
    counts: dict[str, Any] = overview(tasks.store, tasks.owner, days)
    names = [days.group(due, completed=False) for due in dues]
    groups = {name: count for name, count in counts["groups"].items() if name != "done_today"}
    assert groups == {name: names.count(name) for name in groups}
    in_week = [due.astimezone(BRUSSELS).date() for due in dues if due]
    for day in counts["week"]:
        number = in_week.count(date.fromisoformat(day["date"]))
        assert day["late"] + day["pending"] + day["in_progress"] == day["completed"] == number
        assert not (day["late"] and date.fromisoformat(day["date"]) > days.today)


def test_the_trash_and_the_tags_are_counted(tasks: TasksBench) -> None:
    trashed, *_ = tasks.add(NewTask("a", tags=("x",)), NewTask("b", tags=("x", "y")))
    tasks.store.remove(tasks.owner, trashed.id)
    counts = overview(tasks.store, tasks.owner, Days.around(SUNDAY, BRUSSELS))
    assert (counts["trash"], counts["tags"]) == (1, [("x", 1), ("y", 1)])
