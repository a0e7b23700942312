"""The steps of an open job for its page: what is done, what is in progress, and how long it waited."""

from datetime import datetime
from typing import Any, NamedTuple

from intermediate.i18n import _
from intermediate.number_words import Reader, number, said, short_duration

WAITING = (0, _("Waiting for a worker"))
STEPS = {
    "task-report": (WAITING, (1, _("Counting by status")), (40, _("Measuring times")), (90, _("Saving the report"))),
    "import": (WAITING, (1, _("Adding the tasks"))),
}
OTHERS = (WAITING, (1, _("Running")))
"""The steps of kinds that have none of their own."""


class Step(NamedTuple):
    """A step of a job. Its state has the values of a task's status."""

    name: str
    state: str
    took: str = ""


def job_steps(job: dict[str, Any], reader: Reader) -> list[Step]:
    """Return the steps of an open job, and how long it waited."""
    begun = 0 if job["status"] == "queued" else max(1, job["progress"])
    steps = STEPS.get(job["kind"], OTHERS)
    current = sum(start <= begun for start, _name in steps) - 1
    return [
        Step(
            said(name, reader),
            "completed" if index < current else "in_progress" if index == current else "pending",
            waited(job, reader) if index == 0 < current and job["started_at"] else "",
        )
        for index, (_start, name) in enumerate(steps)
    ]


def waited(job: dict[str, Any], reader: Reader) -> str:
    """Return the time between request and start: `0.4 s`, `2 min`."""
    asked, began = (datetime.fromisoformat(job[name]) for name in ("created_at", "started_at"))
    seconds = max(0.0, (began - asked).total_seconds())
    return f"{number(round(seconds, 1), reader, '0.0')} s" if seconds < 60 else short_duration(seconds, reader)
