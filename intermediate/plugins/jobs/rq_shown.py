"""What `rq info` and dashboards show of a worker: that it is there, and the job that it is at."""

import os
import socket
import time
import uuid

from redis import Redis
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job

BEAT_SECONDS = 5
SEEN_SECONDS = 60  # a worker that was killed is listed for so long, and a minute that RQ adds
AT_WORK_SECONDS = 600  # after which a job whose worker was killed is shown no more, and one that takes longer


class PatientOnlyAsTold(Worker):
    @property
    def connection_timeout(self) -> int:
        """None of its own: RQ would let this connection, and so the whole worker, wait 55 seconds for each answer."""
        return 0


class Shown:
    """One worker's registration with RQ. Raises what the driver raises."""

    def __init__(self, queue: Queue, redis: Redis) -> None:
        self._redis = redis
        self._queue = queue
        self._worker: Worker | None = None
        self._next_beat = 0.0
        self._at: tuple[Job, Execution] | None = None

    def idle(self) -> None:
        """The worker is there and waits. Cheap enough to be said before each look into the queue."""
        self._end_job()
        if time.monotonic() < self._next_beat:
            return
        if self._worker is None:
            name = f"{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
            self._worker = PatientOnlyAsTold(
                [self._queue], name=name, connection=self._redis, serializer="json", worker_ttl=SEEN_SECONDS
            )
        if self._redis.sismember(self._worker.redis_workers_keys, self._worker.key):
            self._worker.heartbeat()
        else:  # it is new, or Redis was flushed
            # Its state alone may stand there, and would count as another worker of this name.
            self._redis.delete(self._worker.key)
            self._worker.register_birth()  # type: ignore[no-untyped-call]  # RQ's own
            self._worker.set_state("idle")
        self._next_beat = time.monotonic() + BEAT_SECONDS

    def busy(self, job: Job) -> None:
        """The worker is at this job. It is shown by an id of its own, so that its id can be submitted meanwhile.

        ResponseError if another worker has taken the job.
        """
        taken = job.key
        job.id = f"{job.id}-{uuid.uuid4().hex[:8]}"
        self._redis.rename(taken, job.key)
        assert self._worker
        with self._redis.pipeline() as pipeline:
            job.prepare_for_execution(self._worker.name, pipeline)
            pipeline.expire(job.key, AT_WORK_SECONDS)
            # Not named as this worker's: the workers' page of rq-dashboard would read the job as a pickle.
            execution = Execution.create(job, AT_WORK_SECONDS, pipeline)
            self._worker.set_state("busy", pipeline)
            pipeline.execute()
        self._at = job, execution

    def gone(self) -> None:
        """The worker ends."""
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
