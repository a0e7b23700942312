"""How many counters a process keeps, and which it discards first."""

import sys
from collections.abc import Iterator
from functools import partial

import pytest
from limits import parse

from intermediate import rate_limits
from intermediate.rate_limits import RateLimits, TooManyRequestsError, Window
from intermediate.settings import load
from intermediate.testing.contract import in_threads

MOST = 50


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[RateLimits]:
    monkeypatch.setattr(rate_limits, "MOST_KEYS", MOST)
    limits = RateLimits(load({}, {}))
    yield limits
    limits.close()


def count(limits: RateLimits, whose: str, rate: str = "1/minute") -> bool:
    """Count a request, and return whether it was allowed."""
    try:
        limits.count([Window("login", parse(rate), whose)], "too_many_attempts", "Too many.")
    except TooManyRequestsError:
        return False
    return True


def test_many_others_do_not_reset_a_limit_that_lasts(limits: RateLimits) -> None:
    assert count(limits, "spent", "1/hour")
    assert all(count(limits, f"other {number}") for number in range(10 * MOST))
    assert not count(limits, "spent", "1/hour")


def test_the_oldest_counters_are_forgotten_first_and_never_all(limits: RateLimits) -> None:
    assert all(count(limits, str(number)) for number in range(MOST + 1))
    assert len(limits._memory.events) <= MOST
    assert not any(count(limits, str(number)) for number in range(MOST // 2, MOST + 1))
    assert count(limits, "0")


def test_what_is_over_is_forgotten_before_what_is_older_and_lasts(limits: RateLimits) -> None:
    assert all(count(limits, str(number), "1/hour") for number in range(MOST // 2))
    for number in range(MOST // 2):
        count(limits, f"over {number}", "1/second")
    for events in limits._memory.events.values():  # as if they had been counted two seconds ago
        for event in events:
            event.atime, event.expiry = event.atime - 2, event.expiry - 2
    assert count(limits, "one more", "1/hour")
    assert not any(count(limits, str(number), "1/hour") for number in range(MOST // 2))


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads switch often enough to interrupt each other."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_counters_are_forgotten_while_others_count(limits: RateLimits) -> None:
    def count_many(name: int) -> bool:
        return all(count(limits, f"{name} {number}") for number in range(10 * MOST))

    assert in_threads(*[partial(count_many, name) for name in range(8)], patience=30) == [True] * 8
    assert len(limits._memory.events) <= MOST
