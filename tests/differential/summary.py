"""A summary of the combinations at the end of the test run."""

from typing import Any

import pytest

PROPERTY = "combination"
ORDER = ("run", "refused", "skipped", "failed")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print each combination with its outcome, and the number of each outcome."""
    told = sorted(found(terminalreporter), key=lambda one: (ORDER.index(one[0]), one[1]))
    if not told:
        return
    terminalreporter.section("combinations of backends")
    for outcome, words in told:
        terminalreporter.write_line(f"{outcome:8} {words}")
    counts = [f"{sum(one[0] == outcome for one in told)} {outcome}" for outcome in ORDER]
    terminalreporter.write_line(", ".join(counts))


def found(terminalreporter: Any) -> set[tuple[str, str]]:
    """Return the outcomes from the tests' user properties, which xdist sends to the reporting process."""
    outcomes = set()
    for status in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(status):
            said = dict(report.user_properties).get(PROPERTY)
            if said and report.when == "call":
                outcomes.add((said[0] if status == "passed" else status, said[1]))
    return outcomes


def tell(request: pytest.FixtureRequest, outcome: str, words: str) -> None:
    """Record the outcome of a test's combination for the case that the test passes. The last call counts."""
    properties = [item for item in request.node.user_properties if item[0] != PROPERTY]
    request.node.user_properties[:] = [*properties, (PROPERTY, (outcome, words))]
