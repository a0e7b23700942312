"""The charts of a report: where each mark lies, in the units of its drawing. `charts.jinja2` draws them.

A drawing is WIDTH units wide and shrinks with its place; its text then grows, by the stylesheet. What is there is
seen: a count of one beside a million still has its mark.
"""

from collections.abc import Mapping
from typing import Any

from intermediate.charts.by_status import status_bar
from intermediate.charts.by_week import week_bars
from intermediate.charts.overdue import squares
from intermediate.charts.times import ruler
from intermediate.number_words import Reader


def of_report(report: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """All that the page of a report draws."""
    open_tasks = report["pending_tasks"] + report["in_progress_tasks"]
    return {
        "statuses": status_bar(
            {status: report[f"{status}_tasks"] for status in ("completed", "in_progress", "pending")}
        ),
        "weeks": week_bars(report["created_per_week"], reader),
        "ruler": ruler(report["median_completion_seconds"], reader),
        "squares": squares(report["overdue_tasks"], open_tasks),
        "open": open_tasks,
    }
