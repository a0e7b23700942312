"""The charts of a report: where each mark lies, in the units of its drawing. Templates draw them.

A drawing is WIDTH units wide and shrinks with its place; its text then grows, by the stylesheet. What is there is
seen: a count of one beside a million still has its mark.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from intermediate.i18n import _
from intermediate.number_words import DAY, HOUR, Reader, compact, said, unit_words

WIDTH = 464.0
Anchor = Literal["start", "middle", "end"]

BAR_GAP, LEAST_PART = 3.0, 4.0

WEEKS = 8
TOP, BASE = 26.0, 222.0  # of the bars; names of weeks stand below
LEAST_HEIGHT = 2.0
PAIR_GAP, MOST_BAR = 2.0, 18.0
DIGIT = 11.0  # a digit's width where text is largest
GRID_LINES = 3
ASIDE = 3.0

SHORTEST, LONGEST = HOUR / 4, 90 * DAY
TICKS = ((HOUR, 1, ""), (6 * HOUR, 6, ""), (DAY, 1, "day"), (7 * DAY, 1, "week"), (30 * DAY, 1, "month"))
HALF_LABEL = 80.0

ONE_EACH, SHARES = 60, 50
PER_ROW, PITCH = 18, 26.0


@dataclass(frozen=True)
class Part:
    """A status in the bar of all."""

    status: str
    count: int
    share: float
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """How many of one kind in one week."""

    kind: str
    count: int
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return round(BASE - self.y, 1)


@dataclass(frozen=True)
class Label:
    """A text, and where it stands."""

    text: str
    x: float
    y: float
    anchor: Anchor = "middle"


@dataclass(frozen=True)
class WeekBars:
    """The last weeks as pairs of bars. `most` are each kind's highest counts, where there are any."""

    names: list[Label]
    bars: list[Bar]
    lines: list[Label]
    peaks: list[Label]
    left: float
    totals: dict[str, int]
    most: dict[str, Bar]


@dataclass(frozen=True)
class Ruler:
    """Durations from a quarter of an hour to three months, on a logarithmic scale. `at` is the marker's place."""

    ticks: list[Label]
    at: float | None
    anchor: Anchor


@dataclass(frozen=True)
class Squares:
    """Open tasks as squares, the late ones first. With `shares`, each stands for a part of all."""

    cells: list[tuple[float, float]]
    late: int
    shares: bool

    @property
    def height(self) -> float:
        return PITCH * math.ceil(len(self.cells) / PER_ROW)


def status_bar(counts: Mapping[str, int]) -> list[Part]:
    """One bar cut in parts, in the order given. A part too small to be seen takes what it lacks from the largest."""
    total, seen = sum(counts.values()), sum(1 for count in counts.values() if count)
    room = WIDTH - BAR_GAP * max(0, seen - 1)
    widths = {status: max(LEAST_PART, room * count / total) if count else 0.0 for status, count in counts.items()}
    if seen:
        widths[max(widths, key=widths.__getitem__)] -= sum(widths.values()) - room
    parts, x = [], 0.0
    for status, count in counts.items():
        share = count / total if total else 0.0
        parts.append(Part(status, count, share, round(x, 1), round(widths[status], 1)))
        x += widths[status] + BAR_GAP if count else 0.0
    return parts


def week_bars(weeks: Sequence[Mapping[str, Any]], reader: Reader) -> WeekBars:
    """Created and completed in each of the last weeks, the present one at the right."""
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
    """The last weeks up to the newest that is given, oldest first. One that is not given is one of nothing."""
    if not weeks:
        return []
    given = {week["week"]: week for week in weeks}
    year, number = max(given).split("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    names = [f"{monday - timedelta(weeks=back):%G-W%V}" for back in reversed(range(WEEKS))]
    return [given.get(name, {"week": name, "created": 0, "completed": 0}) for name in names]


def week_name(week: str, reader: Reader) -> str:
    """`W48` for `2026-W48`."""
    return said(_("W${number}"), reader, number=week.rpartition("W")[2])


def height_of(count: int, top: int) -> float:
    """The y of a bar's upper end."""
    return round(BASE - (max(LEAST_HEIGHT, (BASE - TOP) * count / top) if count else 0.0), 1)


def grid(top: int) -> list[int]:
    """Round numbers up to the highest count, from 0."""
    step = next(
        factor * 10**power
        for power in range(len(str(top)))
        for factor in (1, 2, 5)
        if top // (factor * 10**power) <= GRID_LINES
    )
    return list(range(0, top + 1, step))


def peaks(bars: Sequence[Bar], reader: Reader) -> list[Label]:
    """The counts above the highest bars. Two that would touch stand aside."""
    ordered = sorted(bars, key=lambda bar: bar.x)
    close = len(ordered) == 2 and ordered[1].x - ordered[0].x < 70 and abs(ordered[1].y - ordered[0].y) < 22
    if close:
        left, right = ordered
        return [
            Label(compact(left.count, reader), round(left.x + left.width - ASIDE, 1), left.y - 7, "end"),
            Label(compact(right.count, reader), round(right.x + ASIDE, 1), right.y - 7, "start"),
        ]
    return [Label(compact(bar.count, reader), round(bar.x + bar.width / 2, 1), bar.y - 7) for bar in ordered]


def ruler(seconds: float | None, reader: Reader) -> Ruler:
    """The marker lies at the end of the ruler for what is shorter or longer than it."""
    at = None if seconds is None else place(seconds)
    anchor: Anchor = "middle"
    if at is not None:
        anchor = "start" if at < HALF_LABEL else "end" if at > WIDTH - HALF_LABEL else "middle"
    ticks = ((length, unit_words(count, unit, reader) if unit else f"{count} h") for length, count, unit in TICKS)
    return Ruler([Label(words, place(length), 0) for length, words in ticks], at, anchor)


def place(seconds: float) -> float:
    held = min(max(seconds, SHORTEST), LONGEST)
    edge = 10.0  # the marker's radius, and its stroke
    return round(edge + (WIDTH - 2 * edge) * math.log(held / SHORTEST) / math.log(LONGEST / SHORTEST), 1)


def squares(late: int, open_tasks: int) -> Squares:
    """One for each open task; of many, shares, in which neither the late nor the others vanish."""
    shares = open_tasks > ONE_EACH
    count = SHARES if shares else open_tasks
    if shares:
        late = late and min(max(1, round(count * late / open_tasks)), count - (late < open_tasks))
    return Squares([(index % PER_ROW * PITCH, index // PER_ROW * PITCH) for index in range(count)], late, shares)


def of_report(report: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """All that the page of a report draws."""
    open_tasks = report["pending_tasks"] + report["in_progress_tasks"]
    return {
        "statuses": status_bar(
            {status: report[f"{status}_tasks"] for status in ("completed", "in_progress", "pending")}
        ),
        "weeks": week_bars(report["created_per_week"], reader),
        "ruler": ruler(report["median_completion_seconds"], reader),
        "squares": squares(report["overdue_tasks"], open_tasks),
        "open": open_tasks,
    }
