"""A pair of bars for each of the last weeks: tasks created and completed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from intermediate.charts.drawing import WIDTH, Label
from intermediate.i18n import _
from intermediate.number_words import Reader, compact, said

WEEKS = 8
TOP, BASE = 26.0, 222.0  # of the bars; the names of weeks are below
LEAST_HEIGHT = 2.0
PAIR_GAP, MOST_BAR = 2.0, 18.0
DIGIT = 11.0  # the width of a digit at the largest text size
GRID_LINES = 3
ASIDE = 3.0


@dataclass(frozen=True)
class Bar:
    """The count of one kind in one week."""

    kind: str
    count: int
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return round(BASE - self.y, 1)


@dataclass(frozen=True)
class WeekBars:
    """The chart of the last weeks. `most` is the highest bar of each kind."""

    names: list[Label]
    bars: list[Bar]
    lines: list[Label]
    peaks: list[Label]
    left: float
    totals: dict[str, int]
    most: dict[str, Bar]


def week_bars(weeks: Sequence[Mapping[str, Any]], reader: Reader) -> WeekBars:
    """Return the chart of tasks created and completed in the last weeks, the current one at the right."""
    shown = last_weeks(weeks)
    top = max([1, *(week[kind] for week in shown for kind in ("created", "completed"))])
    steps = grid(top)
    left = max(30.0, 8 + DIGIT * max(len(compact(step, reader)) for step in steps))
    slot = (WIDTH - left) / WEEKS
    width = min(MOST_BAR, slot * 0.36)
    bars = [
        Bar(kind, week[kind], round(left + slot * (index + 0.5) + x, 1), height_of(week[kind], top), round(width, 1))
        for index, week in enumerate(shown)
        for kind, x in (("created", -width - PAIR_GAP / 2), ("completed", PAIR_GAP / 2))
    ]
    found = {kind: [bar for bar in bars if bar.kind == kind] for kind in ("created", "completed")}
    most = {kind: max(reversed(some), key=lambda bar: bar.count) for kind, some in found.items() if some}
    return WeekBars(
        names=[
            Label(week_name(week["week"], reader), round(left + slot * (index + 0.5), 1), BASE + 22)
            for index, week in enumerate(shown)
        ],
        bars=bars,
        lines=[Label(compact(step, reader), left - 8, height_of(step, top), "end") for step in steps],
        peaks=peaks([bar for bar in most.values() if bar.count], reader),
        left=left,
        totals={kind: sum(bar.count for bar in some) for kind, some in found.items()},
        most=most,
    )


def last_weeks(weeks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the last weeks up to the newest given one, oldest first. Missing weeks count as 0."""
    if not weeks:
        return []
    given = {week["week"]: week for week in weeks}
    year, number = max(given).split("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    names = [f"{monday - timedelta(weeks=back):%G-W%V}" for back in reversed(range(WEEKS))]
    return [given.get(name, {"week": name, "created": 0, "completed": 0}) for name in names]


def week_name(week: str, reader: Reader) -> str:
    """Return `W48` for `2026-W48`."""
    return said(_("W${number}"), reader, number=week.rpartition("W")[2])


def height_of(count: int, top: int) -> float:
    """Return the y coordinate of a bar's upper end."""
    return round(BASE - (max(LEAST_HEIGHT, (BASE - TOP) * count / top) if count else 0.0), 1)


def grid(top: int) -> list[int]:
    """Return round numbers for the grid lines, from 0 up to the highest count."""
    step = next(
        factor * 10**power
        for power in range(len(str(top)))
        for factor in (1, 2, 5)
        if top // (factor * 10**power) <= GRID_LINES
    )
    return list(range(0, top + 1, step))


def peaks(bars: Sequence[Bar], reader: Reader) -> list[Label]:
    """Return the labels above the highest bars. Two that would overlap are moved apart."""
    ordered = sorted(bars, key=lambda bar: bar.x)
    close = len(ordered) == 2 and ordered[1].x - ordered[0].x < 70 and abs(ordered[1].y - ordered[0].y) < 22
    if close:
        left, right = ordered
        return [
            Label(compact(left.count, reader), round(left.x + left.width - ASIDE, 1), left.y - 7, "end"),
            Label(compact(right.count, reader), round(right.x + ASIDE, 1), right.y - 7, "start"),
        ]
    return [Label(compact(bar.count, reader), round(bar.x + bar.width / 2, 1), bar.y - 7) for bar in ordered]
