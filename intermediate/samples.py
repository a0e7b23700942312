"""Ten sample tasks for an empty account: a typical week, in the user's time zone and language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from pyramid.i18n import Localizer

from intermediate import zones
from intermediate.i18n import _, translate
from intermediate.overview import DAY, Days
from intermediate.plugins.tasks.interface import NewTask, Priority, Status

END_OF_DAY = time(23, 59)
AGE = timedelta(days=9)


@dataclass(frozen=True)
class Sample:
    """A task. `day` is counted from today, and the due time is the end of the day unless `at` is given."""

    title: str
    tags: tuple[str, ...]
    day: int | None = None
    at: time = END_OF_DAY
    status: Status = "pending"
    priority: Priority = "normal"
    description: str | None = None


SAMPLES = (
    Sample(_("Renew the library card"), (_("home"),), -2),
    Sample(_("Send the quarterly numbers to Priya"), (_("work"),), -1, time(12), priority="high"),
    Sample(
        _("Write the release notes for 1.4"),
        (_("work"), _("writing")),
        0,
        status="in_progress",
        priority="high",
        description=_("What is new, what changed, what to do before upgrading.\n\nKeep it under one page."),
    ),
    Sample(_("Book the train to Ghent"), (_("travel"),), 0),
    Sample(_("Pay the electricity invoice"), (_("home"),), 0, status="completed"),
    Sample(_("Rehearse the demo"), (_("work"),), 1, time(10), status="in_progress"),
    Sample(_("Water the plants"), (_("home"),), 1, priority="low"),
    Sample(_("Call the dentist"), (_("health"),), 3, time(9, 30)),
    Sample(_("Plan the spring trip"), (_("travel"), _("idea")), 12, priority="low"),
    Sample(_("Read the book about typography"), (_("idea"),)),
)


def sample_tasks(days: Days, localizer: Localizer) -> list[NewTask]:
    """Return the samples in the localizer's language."""
    return [_new(sample, days, partial(translate, localizer)) for sample in SAMPLES]


def _new(sample: Sample, days: Days, said: Callable[[str | None], Any]) -> NewTask:
    local = None if sample.day is None else datetime.combine(days.today + sample.day * DAY, sample.at)
    return NewTask(
        title=said(sample.title),
        description=said(sample.description),
        status=sample.status,
        priority=sample.priority,
        due_at=zones.at(local, days.zone) if local else None,
        tags=tuple(map(said, sample.tags)),
        created_at=days.now - AGE,
        completed_at=days.now if sample.status == "completed" else None,
    )
