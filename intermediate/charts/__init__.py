"""The charts of a report: the positions of marks in the units of the drawing. `charts.jinja2` draws them.

A drawing is WIDTH units wide and scales with its container; the stylesheet enlarges the text of a small one. Every
count above 0 is visible, also one beside a million.
"""

from collections.abc import Mapping
from typing import Any

from intermediate.charts.by_status import status_bar
from intermediate.charts.by_week import week_bars
from intermediate.charts.overdue import squares
from intermediate.charts.times import ruler
from intermediate.number_words import Reader


def of_report(report: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """Return all charts of a report."""
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
