"""Ten tasks for an account that has none: what a week looks like, around today by the clock of who asks."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from intermediate import zones
from intermediate.overview import DAY, Days
from intermediate.plugins.tasks.interface import NewTask, Priority, Status

END_OF_DAY = time(23, 59)
AGE = timedelta(days=9)


@dataclass(frozen=True)
class Sample:
    """A task; `day` is counted from today, and the due time is the day's end unless an hour is given."""

    title: str
    tags: tuple[str, ...]
    day: int | None = None
    at: time = END_OF_DAY
    status: Status = "pending"
    priority: Priority = "normal"
    description: str | None = None


SAMPLES = (
    Sample("Renew the library card", ("home",), -2),
    Sample("Send the quarterly numbers to Priya", ("work",), -1, time(12), priority="high"),
    Sample(
        "Write the release notes for 1.4",
        ("work", "writing"),
        0,
        status="in_progress",
        priority="high",
        description="What is new, what changed, what to do before upgrading.\n\nKeep it under one page.",
    ),
    Sample("Book the train to Ghent", ("travel",), 0),
    Sample("Pay the electricity invoice", ("home",), 0, status="completed"),
    Sample("Rehearse the demo", ("work",), 1, time(10), status="in_progress"),
    Sample("Water the plants", ("home",), 1, priority="low"),
    Sample("Call the dentist", ("health",), 3, time(9, 30)),
    Sample("Plan the spring trip", ("travel", "idea"), 12, priority="low"),
    Sample("Read the book about typography", ("idea",)),
)


def sample_tasks(days: Days) -> list[NewTask]:
    return [_new(sample, days) for sample in SAMPLES]


def _new(sample: Sample, days: Days) -> NewTask:
    local = None if sample.day is None else datetime.combine(days.today + sample.day * DAY, sample.at)
    return NewTask(
        title=sample.title,
        description=sample.description,
        status=sample.status,
        priority=sample.priority,
        due_at=zones.at(local, days.zone) if local else None,
        tags=sample.tags,
        created_at=days.now - AGE,
        completed_at=days.now if sample.status == "completed" else None,
    )
