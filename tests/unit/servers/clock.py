"""A clock that goes when it is told to, so that a slow machine changes nothing."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Stands in for the module `time`, and counts how often it was asked."""

    now: float = 1000.0
    asked: int = 0

    def monotonic(self) -> float:
        self.asked += 1
        return self.now

    time = monotonic
