"""A clock that tests set, so that results do not depend on the speed of the machine."""

from dataclasses import dataclass
from types import ModuleType

import pytest


@dataclass
class Clock:
    """Stands in for the module `time`, and counts the calls."""

    now: float = 1000.0
    asked: int = 0

    def monotonic(self) -> float:
        self.asked += 1
        return self.now

    time = monotonic


def set_clock(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> Clock:
    """Give a module, which imports `time`, a clock that the test sets."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock
