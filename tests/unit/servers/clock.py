"""A clock that tests set, so that results do not depend on the speed of the machine."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Replaces the module `time`, and counts the calls."""

    now: float = 1000.0
    asked: int = 0

    def monotonic(self) -> float:
        self.asked += 1
        return self.now

    time = monotonic
