"""What became of each combination, told at the end of the test run."""

from typing import Any

import pytest

PROPERTY = "combination"
ORDER = ("run", "refused", "skipped", "failed")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Each combination with its length, and how many were run, refused and skipped."""
    told = sorted(found(terminalreporter), key=lambda one: (ORDER.index(one[0]), one[1]))
    if not told:
        return
    terminalreporter.section("combinations of backends")
    for outcome, words in told:
        terminalreporter.write_line(f"{outcome:8} {words}")
    counts = [f"{sum(one[0] == outcome for one in told)} {outcome}" for outcome in ORDER]
    terminalreporter.write_line(", ".join(counts))


def found(terminalreporter: Any) -> set[tuple[str, str]]:
    """From the tests' own properties, which come to the process that reports from wherever a test ran."""
    outcomes = set()
    for status in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(status):
            said = dict(report.user_properties).get(PROPERTY)
            if said and report.when == "call":
                outcomes.add((said[0] if status == "passed" else status, said[1]))
    return outcomes


def tell(request: pytest.FixtureRequest, outcome: str, words: str) -> None:
    """Say what a test's combination does, if the test passes. The last words count."""
    properties = [item for item in request.node.user_properties if item[0] != PROPERTY]
    request.node.user_properties[:] = [*properties, (PROPERTY, (outcome, words))]
