"""The charts of a report: where each mark lies, in the units of its drawing. Templates draw them, and say the words.

A drawing is WIDTH units wide and shrinks with its place; its text then grows, by the stylesheet. What is there is
seen: a count of one beside a million still has its mark.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

WIDTH = 464.0
Anchor = Literal["start", "middle", "end"]

BAR_GAP, LEAST_PART = 3.0, 4.0

WEEKS = 8
TOP, BASE = 26.0, 222.0  # of the bars; names of weeks stand below
LEAST_HEIGHT = 2.0
PAIR_GAP, MOST_BAR = 2.0, 18.0
DIGIT = 11.0  # a digit's width where text is largest
GRID_LINES = 3

HOUR, DAY = 3600, 86400
SHORTEST, LONGEST = HOUR / 4, 90 * DAY
TICKS = ((HOUR, "1 h"), (6 * HOUR, "6 h"), (DAY, "1 day"), (7 * DAY, "1 week"), (30 * DAY, "1 month"))
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


def week_bars(weeks: Sequence[Mapping[str, Any]]) -> WeekBars:
    """Created and completed in each of the last weeks, the present one at the right."""
    shown = last_weeks(weeks)
    top = max([1, *(week[kind] for week in shown for kind in ("created", "completed"))])
    steps = grid(top)
    left = max(30.0, 8 + DIGIT * max(len(compact(step)) for step in steps))
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
            Label(week["week"][5:], round(left + slot * (index + 0.5), 1), BASE + 22)
            for index, week in enumerate(shown)
        ],
        bars=bars,
        lines=[Label(compact(step), left - 8, height_of(step, top), "end") for step in steps],
        peaks=peaks([bar for bar in most.values() if bar.count]),
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


def peaks(bars: Sequence[Bar]) -> list[Label]:
    """The counts above the highest bars. Two that would touch stand aside."""
    ordered = sorted(bars, key=lambda bar: bar.x)
    close = len(ordered) == 2 and ordered[1].x - ordered[0].x < 70 and abs(ordered[1].y - ordered[0].y) < 22
    if close:
        left, right = ordered
        return [
            Label(compact(left.count), left.x + left.width, left.y - 7, "end"),
            Label(compact(right.count), right.x, right.y - 7, "start"),
        ]
    return [Label(compact(bar.count), round(bar.x + bar.width / 2, 1), bar.y - 7) for bar in ordered]


def compact(number: int) -> str:
    """`9,428`, `12.5k`, `1M`: for where there is little room."""
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= max(10_000, unit * 0.9995):
            return f"{number / unit:.1f}".removesuffix(".0") + name
    return f"{number:,}"


def ruler(seconds: float | None) -> Ruler:
    """The marker lies at the end of the ruler for what is shorter or longer than it."""
    at = None if seconds is None else place(seconds)
    anchor: Anchor = "middle"
    if at is not None:
        anchor = "start" if at < HALF_LABEL else "end" if at > WIDTH - HALF_LABEL else "middle"
    return Ruler([Label(name, place(length), 0) for length, name in TICKS], at, anchor)


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


def short_duration(seconds: float) -> str:
    """The two greatest parts of a duration, for a figure: `2 d 4 h`, `12 min`, `40 s`."""
    whole = int(seconds)
    parts = ((whole // DAY, "d"), (whole // HOUR % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    last = 4 if first == 3 else min(first + 2, 3)
    return " ".join(f"{count:,} {unit}" for count, unit in parts[first:last] if count or first == 3)


def of_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """All that the page of a report draws."""
    open_tasks = report["pending_tasks"] + report["in_progress_tasks"]
    return {
        "statuses": status_bar(
            {status: report[f"{status}_tasks"] for status in ("completed", "in_progress", "pending")}
        ),
        "weeks": week_bars(report["created_per_week"]),
        "ruler": ruler(report["median_completion_seconds"]),
        "squares": squares(report["overdue_tasks"], open_tasks),
        "open": open_tasks,
    }
