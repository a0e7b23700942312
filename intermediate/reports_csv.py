"""A report as a CSV file for spreadsheets: its figures, and below them its weeks."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from intermediate.formulas import guard

NOT_FIGURES = ("created_per_week",)


def as_csv(report: Mapping[str, Any]) -> str:
    """Return CSV (RFC 4180). Text is guarded: a request id comes from the client and may begin like a formula."""
    text = io.StringIO()
    write = csv.writer(text).writerow
    write(("figure", "value"))
    for name, value in report.items():
        if name not in NOT_FIGURES:
            write((name, guard(value) if isinstance(value, str) else value))
    write(())
    write(("week", "created", "completed"))
    for week in report["created_per_week"]:
        write((week["week"], week["created"], week["completed"]))
    return text.getvalue()
