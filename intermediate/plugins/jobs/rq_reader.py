"""A worker's end of the RQ queue: taking ids, refusing what is none, and being seen by `rq info`."""

import logging
import os
import socket
import time
import uuid
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

log = logging.getLogger(__name__)
FUNCTION = "intermediate.worker.run"
"""The one function that a job may name. It is compared and never imported: what runs is what `work` was given."""
BEAT_SECONDS = 5
SEEN_SECONDS = 60  # a worker that was killed is listed for so long, and a minute that RQ adds
REFUSED_KEPT_SECONDS = 86400


class RefusedError(Exception):
    """A job in the queue is not one of ours."""


def ledger_id(job: Job) -> int:
    """The id that a job carries, or RefusedError."""
    if job.func_name != FUNCTION or job.instance is not None or job.kwargs:
        raise RefusedError(f"it names {str(job.func_name)[:200]!r}")
    match job.args:
        case [int(number)] if not isinstance(number, bool):
            return number
    raise RefusedError("it carries something else than an id")


class Reader:
    """One worker's. Raises what the driver raises: an id that is lost so is submitted again by the reconciler."""

    def __init__(self, queue_name: str, redis: Redis) -> None:
        self._redis = redis
        self._queue = Queue(queue_name, connection=redis, serializer="json")
        self._worker: Worker | None = None
        self._next_beat = 0.0
        self._busy = False

    def take(self, wait_seconds: float) -> tuple[bool, int | None]:
        """Whether there was something in the queue, and the ledger's id if it was one. Waits for it if told to."""
        self._be_seen()
        raw = self._pop(wait_seconds)
        if raw is None:
            return False, None
        job_id = self._accepted(raw)
        if job_id is not None:
            self._show(busy=True)
        return True, job_id

    def close(self) -> None:
        try:
            if self._worker:
                self._worker.register_death()  # type: ignore[no-untyped-call]
        finally:
            self._redis.close()

    def _pop(self, wait_seconds: float) -> bytes | None:
        if not wait_seconds:
            raw: Any = self._redis.lpop(self._queue.key)
            return raw
        popped: Any = self._redis.blpop([self._queue.key], timeout=wait_seconds)
        return popped[1] if popped else None

    def _accepted(self, raw: bytes) -> int | None:
        """Forgets the job before it runs, so that it can be submitted again meanwhile."""
        try:
            job = Job.fetch(raw.decode(), connection=self._redis, serializer="json")
        except NoSuchJobError:
            return None  # it was taken twice, or was kept for too long
        except (RedisConnectionError, RedisTimeoutError):
            raise
        except Exception as error:  # noqa: BLE001  whatever stands there, the worker goes on
            log.error("job_rejected", extra={"rq_id": repr(raw[:100]), "error": str(error)[:500]})  # noqa: TRY400
            self._redis.delete(Job.redis_job_namespace_prefix.encode() + raw)
            return None
        try:
            job_id = ledger_id(job)
        except Exception as error:  # noqa: BLE001  its data may be no JSON, and of any shape
            log.error("job_rejected", extra={"rq_id": job.id, "error": str(error)[:500]})  # noqa: TRY400
            job.set_status(JobStatus.FAILED)
            self._redis.expire(job.key, REFUSED_KEPT_SECONDS)
            self._redis.zadd(self._queue.failed_job_registry.key, {job.id: time.time() + REFUSED_KEPT_SECONDS})
            return None
        self._redis.delete(job.key)
        return job_id

    def _be_seen(self) -> None:
        """Registered as RQ's workers are, and again after Redis was flushed."""
        self._show(busy=False)
        if time.monotonic() < self._next_beat:
            return
        if self._worker is None:
            name = f"{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
            self._worker = Worker(
                [self._queue], name=name, connection=self._redis, serializer="json", worker_ttl=SEEN_SECONDS
            )
        if self._redis.sismember(self._worker.redis_workers_keys, self._worker.key):
            self._worker.heartbeat()
        else:
            # Its state alone may stand there, and would count as another worker of this name.
            self._redis.delete(self._worker.key)
            self._worker.register_birth()  # type: ignore[no-untyped-call]
            self._worker.set_state("idle")
        self._next_beat = time.monotonic() + BEAT_SECONDS

    def _show(self, *, busy: bool) -> None:
        if self._worker and busy != self._busy:
            self._worker.set_state("busy" if busy else "idle")
            self._busy = busy
