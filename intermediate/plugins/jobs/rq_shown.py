"""Registration of a worker with RQ, so that `rq info` and dashboards show it and its current job."""

import os
import socket
import time
import uuid

from redis import Redis
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job

BEAT_SECONDS = 5
SEEN_SECONDS = 60  # how long a killed worker stays listed, plus a minute that RQ adds
AT_WORK_SECONDS = 600  # when a running job disappears from view: its worker was killed, or it takes longer than this


class WorkerWithoutTimeout(Worker):
    @property
    def connection_timeout(self) -> int:
        """Keep the client's own timeout. RQ would raise it: each response could then take 55 seconds."""
        return 0


class Shown:
    """The registration of one worker. Errors of the driver are raised."""

    def __init__(self, queue: Queue, redis: Redis) -> None:
        self._redis = redis
        self._queue = queue
        self._worker: Worker | None = None
        self._next_beat = 0.0
        self._at: tuple[Job, Execution] | None = None

    def idle(self) -> None:
        """Register the worker as idle. Cheap enough to call before each read of the queue."""
        self._end_job()
        if time.monotonic() < self._next_beat:
            return
        if self._worker is None:
            name = f"{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
            self._worker = WorkerWithoutTimeout(
                [self._queue], name=name, connection=self._redis, serializer="json", worker_ttl=SEEN_SECONDS
            )
        if self._redis.sismember(self._worker.redis_workers_keys, self._worker.key):
            self._worker.heartbeat()
        else:  # the worker is new, or Redis was flushed
            # A key with only the state may remain, which RQ would count as another worker of this name.
            self._redis.delete(self._worker.key)
            self._worker.register_birth()  # type: ignore[no-untyped-call]  # RQ's own
            self._worker.set_state("idle")
        self._next_beat = time.monotonic() + BEAT_SECONDS

    def busy(self, job: Job) -> None:
        """Register the worker as busy with this job.

        The running job is renamed, so that its id can be submitted again in the meantime. Raises ResponseError if
        another worker has taken the job.
        """
        taken = job.key
        job.id = f"{job.id}-{uuid.uuid4().hex[:8]}"
        self._redis.rename(taken, job.key)
        assert self._worker
        with self._redis.pipeline() as pipeline:
            job.prepare_for_execution(self._worker.name, pipeline)
            pipeline.expire(job.key, AT_WORK_SECONDS)
            # Not registered as the worker's current job: rq-dashboard's page of workers would unpickle it.
            execution = Execution.create(job, AT_WORK_SECONDS, pipeline)
            self._worker.set_state("busy", pipeline)
            pipeline.execute()
        self._at = job, execution

    def gone(self) -> None:
        """Remove the registration when the worker ends."""
        self._end_job()
        if self._worker:
            self._worker.register_death()  # type: ignore[no-untyped-call]  # RQ's own

    def _end_job(self) -> None:
        if self._at is None or self._worker is None:
            return
        job, execution = self._at
        with self._redis.pipeline() as pipeline:
            execution.delete(job, pipeline)
            pipeline.delete(job.key)
            self._worker.set_state("idle", pipeline)
            pipeline.execute()
        self._at = None
