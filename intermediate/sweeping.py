"""What has had its time is deleted: tasks that have lain in the trash for long, and answers that are not repeated."""

from datetime import timedelta
from typing import Any, NamedTuple

from intermediate import idempotency
from intermediate.models.base import utcnow
from intermediate.scripting import request_for


class Swept(NamedTuple):
    tasks: int
    keys: int


def sweep(registry: Any, trash_days: int | None = None) -> Swept:
    """Delete what the settings say is too old, and say how much. May run at any time, and in many places at once."""
    settings, now = registry.app_settings, utcnow()
    days = settings.tasks.trash_days if trash_days is None else trash_days
    with request_for(registry) as request:
        tasks = request.tasks.purge(trashed_before=now - timedelta(days=days))
    with request_for(registry) as request:
        keys = idempotency.forget(request.db, now - timedelta(seconds=settings.api.idempotency_seconds))
    return Swept(tasks, keys)
