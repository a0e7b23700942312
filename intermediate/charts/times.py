"""A ruler of durations, with a marker for the median."""

import math
from dataclasses import dataclass

from intermediate.charts.drawing import WIDTH, Anchor, Label
from intermediate.number_words import DAY, HOUR, Reader, unit_words

SHORTEST, LONGEST = HOUR / 4, 90 * DAY
TICKS = ((HOUR, 1, ""), (6 * HOUR, 6, ""), (DAY, 1, "day"), (7 * DAY, 1, "week"), (30 * DAY, 1, "month"))
HALF_LABEL = 80.0


@dataclass(frozen=True)
class Ruler:
    """Durations from a quarter of an hour to three months, on a logarithmic scale. `at` is the marker's place."""

    ticks: list[Label]
    at: float | None
    anchor: Anchor


def ruler(seconds: float | None, reader: Reader) -> Ruler:
    """Return the ruler. For a duration outside its range, the marker is at its end."""
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
