"""The geometry of a report's charts, including edge cases."""

from typing import Any

import pytest

from intermediate.charts import by_status, by_week, overdue, times
from intermediate.charts.by_week import BASE, TOP
from intermediate.charts.drawing import WIDTH
from intermediate.number_words import DAY, HOUR
from tests.unit.readers import ENGLISH, GERMAN

MANY = 1_000_000


def week(name: str, created: int = 0, completed: int = 0) -> dict[str, Any]:
    return {"week": name, "created": created, "completed": completed}


def ends(parts: list[by_status.Part]) -> list[tuple[float, float]]:
    return [(part.x, round(part.x + part.width, 1)) for part in parts if part.count]


def test_the_bar_of_no_tasks_is_empty() -> None:
    parts = by_status.status_bar({"completed": 0, "in_progress": 0, "pending": 0})
    assert [(part.width, part.share) for part in parts] == [(0, 0)] * 3


def test_one_task_fills_the_bar() -> None:
    assert ends(by_status.status_bar({"completed": 0, "in_progress": 1, "pending": 0})) == [(0, WIDTH)]


def test_the_parts_of_the_bar_are_as_wide_as_their_shares_and_three_apart() -> None:
    [done, half, rest] = ends(by_status.status_bar({"completed": 2, "in_progress": 1, "pending": 1}))
    assert done == (0, 229)
    assert half == (232, 346.5)
    assert rest == (349.5, WIDTH)


def test_one_beside_a_million_is_seen_and_the_bar_keeps_its_width() -> None:
    parts = by_status.status_bar({"completed": MANY, "in_progress": 1, "pending": 1})
    assert [part.width for part in parts[1:]] == [by_status.LEAST_PART] * 2
    assert ends(parts)[-1][1] == WIDTH


def test_a_missing_week_is_one_of_nothing_also_at_the_turn_of_the_year() -> None:
    found = by_week.last_weeks([week("2026-W52", 3), week("2027-W02", 1)])
    assert [one["week"] for one in found][-5:] == ["2026-W51", "2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert [one["created"] for one in found] == [0, 0, 0, 0, 3, 0, 0, 1]


def test_only_the_last_eight_weeks_are_drawn() -> None:
    chart = by_week.week_bars([week(f"2026-W{number}", 1, 1) for number in range(10, 40)], ENGLISH)
    assert [label.text for label in chart.names] == [f"W{number}" for number in range(32, 40)]
    assert chart.totals == {"created": 8, "completed": 8}
    assert len(chart.bars) == 16


def test_weeks_of_nothing_are_flat_and_name_no_peak() -> None:
    chart = by_week.week_bars([week("2026-W41")], ENGLISH)
    assert {bar.y for bar in chart.bars} == {BASE}
    assert chart.peaks == []


def test_no_weeks_at_all_leave_the_axes() -> None:
    chart = by_week.week_bars([], ENGLISH)
    assert (chart.bars, chart.peaks, chart.most) == ([], [], {})


def test_one_huge_week_reaches_the_top_and_a_small_one_is_seen() -> None:
    chart = by_week.week_bars([week("2026-W41", 1, 0), week("2026-W42", MANY, 2)], ENGLISH)
    by = {(bar.kind, bar.count): bar for bar in chart.bars}
    assert by["created", MANY].y == TOP
    assert by["created", 1].height == by_week.LEAST_HEIGHT
    assert by["completed", 0].height == 0
    assert [line.text for line in chart.lines] == ["0", "500k", "1M"]
    assert all(bar.x >= chart.left for bar in chart.bars)
    assert max(bar.x + bar.width for bar in chart.bars) <= WIDTH


@pytest.mark.parametrize(
    ("top", "lines"),
    [
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (4, [0, 2, 4]),
        (8, [0, 5]),
        (24, [0, 10, 20]),
        (40, [0, 20, 40]),
        (99, [0, 50]),
        (MANY, [0, 500_000, MANY]),
    ],
)
def test_there_are_at_most_three_grid_lines_at_round_numbers(top: int, lines: list[int]) -> None:
    assert by_week.grid(top) == lines


def test_each_kinds_maximum_is_named_and_the_latest_of_equal_ones() -> None:
    weeks = [week("2026-W41", 24, 3), week("2026-W42", 24, 1), week("2026-W43", 2, 2)]
    chart = by_week.week_bars(weeks, ENGLISH)
    assert {label.text for label in chart.peaks} == {"24", "3"}
    assert [week["week"] for week in weeks if week["created"] == 24][-1] == "2026-W42"
    [created] = [bar for bar in chart.bars if bar == chart.most["created"]]
    assert created.x == max(bar.x for bar in chart.bars if bar.count == 24)


def test_two_maxima_side_by_side_do_not_touch() -> None:
    left, right = by_week.week_bars([week("2026-W42", 12345, 12340)], ENGLISH).peaks
    assert (left.anchor, right.anchor) == ("end", "start")
    assert right.x - left.x > 5


def test_maxima_far_from_one_another_stand_above_their_bars() -> None:
    chart = by_week.week_bars([week("2026-W41", 9, 1), week("2026-W46", 1, 7)], ENGLISH)
    assert {label.anchor for label in chart.peaks} == {"middle"}


def test_the_ruler_is_logarithmic_and_has_its_marks_in_order() -> None:
    one, two, four = (times.place(factor * HOUR) for factor in (1, 2, 4))
    assert two - one == pytest.approx(four - two, abs=0.1)
    marks = [tick.x for tick in times.ruler(None, ENGLISH).ticks]
    assert marks == sorted(marks)
    assert times.place(times.SHORTEST) == WIDTH - times.place(times.LONGEST)


def test_without_a_median_the_ruler_has_no_marker() -> None:
    assert times.ruler(None, ENGLISH).at is None


@pytest.mark.parametrize(("seconds", "like"), [(0, 900), (60, 900), (200 * DAY, 90 * DAY), (1e12, 90 * DAY)])
def test_what_is_shorter_or_longer_than_the_ruler_lies_at_its_end(seconds: float, like: float) -> None:
    found = times.ruler(seconds, ENGLISH)
    assert found.at == times.ruler(like, ENGLISH).at
    assert found.anchor == ("start" if like == 900 else "end")
    assert 0 < (found.at or 0) < WIDTH


def test_a_median_of_two_days_lies_between_a_day_and_a_week() -> None:
    found = times.ruler(2 * DAY + 4 * HOUR, ENGLISH)
    assert found.ticks[2].x < (found.at or 0) < found.ticks[3].x
    assert found.anchor == "middle"


@pytest.mark.parametrize(
    ("late", "open_tasks", "squares", "full", "shares"),
    [
        (0, 0, 0, 0, False),
        (0, 1, 1, 0, False),
        (1, 1, 1, 1, False),
        (3, 52, 52, 3, False),
        (60, 60, 60, 60, False),
        (1, 61, 50, 1, True),
        (1, MANY, 50, 1, True),
        (MANY - 1, MANY, 50, 49, True),
        (MANY, MANY, 50, 50, True),
        (0, MANY, 50, 0, True),
        (MANY // 4, MANY, 50, 12, True),
    ],
)
def test_squares_are_tasks_or_shares_and_neither_kind_vanishes(
    late: int, open_tasks: int, squares: int, full: int, shares: bool
) -> None:
    found = overdue.squares(late, open_tasks)
    assert (len(found.cells), found.late, found.shares) == (squares, full, shares)
    assert all(x + overdue.PITCH <= WIDTH + 5 and y < found.height for x, y in found.cells)


def test_the_words_of_the_axes_are_in_the_readers_language() -> None:
    assert [tick.text for tick in times.ruler(None, ENGLISH).ticks] == ["1 h", "6 h", "1 day", "1 week", "1 month"]
    assert [tick.text for tick in times.ruler(None, GERMAN).ticks] == ["1 h", "6 h", "1 Tag", "1 Woche", "1 Monat"]
    [peak] = by_week.week_bars([week("2026-W41", 9428)], GERMAN).peaks
    assert peak.text == "9.428"
