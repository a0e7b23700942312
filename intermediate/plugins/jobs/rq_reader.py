"""The worker's side of the RQ queue: takes jobs and rejects invalid ones."""

import logging
import time
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

from intermediate.plugins.jobs.rq_shown import Shown

log = logging.getLogger(__name__)
FUNCTION = "intermediate.worker.run"
"""The only function that a job may name. It is compared, never imported: workers call the `run` passed to `work`."""
REFUSED_KEPT_SECONDS = 86400


class RefusedError(Exception):
    """A job in the queue was not submitted by this application."""


def ledger_id(job: Job) -> int:
    """Return the ledger id in a job, or raise RefusedError."""
    if job.func_name != FUNCTION or job.instance is not None or job.kwargs:
        raise RefusedError(f"it names {str(job.func_name)[:200]!r}")
    match job.args:
        case [int(number)] if not isinstance(number, bool):
            return number
    raise RefusedError("it carries something else than an id")


class Reader:
    """Takes jobs for one worker. Errors of the driver are raised: the reconciler resubmits ids lost in this way."""

    def __init__(self, queue_name: str, redis: Redis) -> None:
        self._redis = redis
        self._queue = Queue(queue_name, connection=redis, serializer="json")
        self._shown = Shown(self._queue, redis)

    def take(self, wait_seconds: float) -> tuple[bool, int | None]:
        """Take a job, waiting up to `wait_seconds` for one.

        Returns whether there was a job, and its ledger id, or None if the job is not to be run.
        """
        self._shown.idle()
        raw = self._pop(wait_seconds)
        return (False, None) if raw is None else (True, self._accepted(raw))

    def close(self) -> None:
        try:
            self._shown.gone()
        finally:
            self._redis.close()

    def _pop(self, wait_seconds: float) -> bytes | None:
        if not wait_seconds:
            raw: Any = self._redis.lpop(self._queue.key)
            return raw
        popped: Any = self._redis.blpop([self._queue.key], timeout=wait_seconds)
        return popped[1] if popped else None

    def _accepted(self, raw: bytes) -> int | None:
        """Return the ledger id to run now, or None if the job is stale or invalid."""
        try:
            job = Job.fetch(raw.decode(), connection=self._redis, serializer="json")
        except NoSuchJobError:
            return None  # queued twice and already taken, or expired
        except (RedisConnectionError, RedisTimeoutError):
            raise
        except Exception as error:  # noqa: BLE001  whatever the entry contains, the worker continues
            log.error("job_rejected", extra={"rq_id": repr(raw[:100]), "error": str(error)[:500]})  # noqa: TRY400  not a bug of ours
            self._redis.delete(Job.redis_job_namespace_prefix.encode() + raw)
            return None
        try:
            job_id = ledger_id(job)
        except Exception as error:  # noqa: BLE001  the data may be invalid JSON or of any shape
            log.error("job_rejected", extra={"rq_id": job.id, "error": str(error)[:500]})  # noqa: TRY400  not a bug of ours
            job.set_status(JobStatus.FAILED)
            self._redis.expire(job.key, REFUSED_KEPT_SECONDS)
            self._redis.zadd(self._queue.failed_job_registry.key, {job.id: time.time() + REFUSED_KEPT_SECONDS})
            return None
        try:
            self._shown.busy(job)
        except ResponseError:
            return None  # queued twice and already taken
        return job_id
