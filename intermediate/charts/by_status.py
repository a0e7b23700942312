"""A stacked bar with a part for each status."""

from collections.abc import Mapping
from dataclasses import dataclass

from intermediate.charts.drawing import WIDTH

GAP, LEAST_PART = 3.0, 4.0


@dataclass(frozen=True)
class Part:
    """The part of one status. `share` is a fraction from 0 to 1."""

    status: str
    count: int
    share: float
    x: float
    width: float


def status_bar(counts: Mapping[str, int]) -> list[Part]:
    """Return the parts in the given order. Parts below the minimum width are widened at the expense of the largest."""
    total, seen = sum(counts.values()), sum(1 for count in counts.values() if count)
    room = WIDTH - GAP * max(0, seen - 1)
    widths = {status: max(LEAST_PART, room * count / total) if count else 0.0 for status, count in counts.items()}
    if seen:
        widths[max(widths, key=widths.__getitem__)] -= sum(widths.values()) - room
    parts, x = [], 0.0
    for status, count in counts.items():
        share = count / total if total else 0.0
        parts.append(Part(status, count, share, round(x, 1), round(widths[status], 1)))
        x += widths[status] + GAP if count else 0.0
    return parts
