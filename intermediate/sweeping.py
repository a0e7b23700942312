"""Deletion of expired data. A setting for each kind tells how long it is kept."""

from datetime import timedelta
from typing import Any, NamedTuple

from intermediate import idempotency, import_job, ledger
from intermediate.logins import sessions
from intermediate.models.base import utcnow
from intermediate.scripting import request_for


class Swept(NamedTuple):
    """The numbers of deleted rows. `uploads` are files that no worker has read; their jobs are cancelled."""

    tasks: int
    keys: int
    jobs: int = 0
    sessions: int = 0
    uploads: int = 0


def sweep(registry: Any, trash_days: int | None = None) -> Swept:
    """Delete data that is expired by the settings, and return how much. May run at any time, and concurrently."""
    settings, now = registry.app_settings, utcnow()
    days = settings.tasks.trash_days if trash_days is None else trash_days
    with request_for(registry) as request:
        tasks = request.tasks.purge(trashed_before=now - timedelta(days=days))
    with request_for(registry) as request:
        keys = idempotency.forget(request.db, now - timedelta(seconds=settings.api.idempotency_seconds))
    with request_for(registry) as request:
        over = sessions.forget_expired(request.db, now)
    with request_for(registry) as request:
        uploads = ledger.give_up_waiting(request.db, import_job.KIND, now - timedelta(days=settings.imports.keep_days))
        jobs = ledger.forget_ended(request.db, now - timedelta(days=settings.jobs.keep_days))
    return Swept(tasks, keys, jobs, over, uploads)
