"""Requesting a background job from a view.

The job's row is written in the request's transaction, and its id is submitted to the queue after the commit. If it is
lost between the two, the reconciler submits it again (`intermediate.worker`).
"""

import logging
from typing import Any

from intermediate import ledger, reports
from intermediate.models import Job
from intermediate.plugins.jobs.interface import Jobs, JobsError
from intermediate.request import Request

log = logging.getLogger(__name__)

WITHOUT_FILES = frozenset({reports.KIND})
"""The kinds of jobs that can be queued again after they have ended. Other kinds lose their files when they end."""


def ask(request: Request, kind: str, owner: int, **args: Any) -> Job:
    """Add a job, submitted after the commit, or join an identical one that no worker has started.

    JobsError, and no row, if the queue is unavailable; TooManyRequestsError if the caller exceeds the rate limit.
    """
    if request.identity:
        request.registry.rate_limits.job(request.identity.user_id)
    request.jobs.ping()
    job_id = ledger.add(request.db, kind, owner, args, request.id)
    _hand_over_after_commit(request, job_id)
    return ledger.get(request.db, job_id)


def retry(request: Request, job_id: int) -> bool:
    """Queue a failed job again, submitted after the commit. Return False if it has not failed.

    JobsError, and no change, if the queue is unavailable.
    """
    request.jobs.ping()
    queued = ledger.retry(request.db, job_id)
    if queued:
        _hand_over_after_commit(request, job_id)
    return queued


def _hand_over_after_commit(request: Request, job_id: int) -> None:
    jobs = request.jobs

    def after_commit(committed: bool) -> None:
        if committed:
            hand_over(jobs, job_id)

    request.tm.get().addAfterCommitHook(after_commit)


def hand_over(jobs: Jobs, job_id: int, delay: float = 0.0) -> None:
    """Submit an id to the queue. A failure is only logged: the reconciler will submit the id again."""
    try:
        jobs.submit(job_id, delay=delay)
    except JobsError as error:
        log.warning("hand_over_failed", extra={"job_id": job_id, "error": str(error)[:500]})
