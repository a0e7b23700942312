"""Open tasks as squares, with overdue ones filled."""

import math
from dataclasses import dataclass

ONE_EACH, SHARES = 60, 50
PER_ROW, PITCH = 18, 26.0


@dataclass(frozen=True)
class Squares:
    """Open tasks as squares, overdue ones first. With `shares`, each square is a share of all open tasks."""

    cells: list[tuple[float, float]]
    late: int
    shares: bool

    @property
    def height(self) -> float:
        return PITCH * math.ceil(len(self.cells) / PER_ROW)


def squares(late: int, open_tasks: int) -> Squares:
    """Return one square per open task or, for many, 50 shares with at least one of each kind that is present."""
    shares = open_tasks > ONE_EACH
    count = SHARES if shares else open_tasks
    if shares:
        late = late and min(max(1, round(count * late / open_tasks)), count - (late < open_tasks))
    return Squares([(index % PER_ROW * PITCH, index // PER_ROW * PITCH) for index in range(count)], late, shares)
