"""The jobs backend `rq`: web processes put ids into an RQ queue in Redis, and `intermediate-worker` takes them.

An RQ job contains only the id of a ledger row, as JSON. RQ's own worker loop is not used: it imports whatever function
a job names, exits when Redis does not respond in time, replaces signal handlers, and counts attempts, which is the
ledger's task. The data that `rq info` and dashboards read stays correct: queues, waiting jobs, workers.
"""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, ClassVar

from pydantic import SecretStr
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue

from intermediate.outages import Outage
from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import Capability, Duration, Section
from intermediate.plugins.jobs.interface import Jobs, JobsError, Reconcile, Run
from intermediate.plugins.jobs.rq_reader import FUNCTION, Reader

log = logging.getLogger(__name__)
LONGEST_WAIT = 1.0  # seconds that a worker blocks for a job, so that it notices `stop`
KEPT_SECONDS = 86400  # an id that no worker takes for this long expires; the reconciler resubmits it if it is due


class RqJobsSettings(Section):
    url: SecretStr = SecretStr("redis://localhost:6379/0")
    """The Redis of the queue. It must not evict keys."""
    timeout_seconds: Duration = 0.4
    """Timeout for connecting, and for each response. With a higher value, a ping may take longer than a second."""


@contextmanager
def reaching_redis() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise JobsError(f"Redis: {error}") from error


class RqJobs(Jobs):
    Settings = RqJobsSettings
    capabilities: ClassVar = frozenset({Capability.SHARED, Capability.REMOTE})

    def __init__(self, settings: RqJobsSettings, queue_name: str, poll_seconds: float) -> None:
        self._settings = settings
        self._poll_seconds = poll_seconds
        try:
            self._redis = self._client(settings.timeout_seconds)
        except ValueError:
            raise ConfigurationError("jobs.rq.url is not a Redis URL, such as redis://localhost:6379/0") from None
        self._queue = Queue(queue_name, connection=self._redis, serializer="json")
        # RQ's job ids are shared by all queues, and may contain only letters, digits, - and _.
        self._prefix = re.sub(r"[^A-Za-z0-9_-]", "-", queue_name)

    @classmethod
    def build(cls, config: Any, settings: RqJobsSettings) -> "RqJobs":
        jobs = config.registry.app_settings.jobs
        return cls(settings, jobs.queue_name, jobs.poll_seconds)

    def ping(self) -> None:
        """Test with a write, because a Redis that is full or a replica still responds to PING."""
        with reaching_redis():
            self._redis.sadd(Queue.redis_queues_keys, self._queue.key)

    def advice(self) -> Iterator[str]:
        with reaching_redis():
            policy = self._redis.info("memory").get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            yield f"Redis has maxmemory-policy {policy}, which discards jobs when it is full. Set it to noeviction."

    def close(self) -> None:
        self._redis.close()

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        if delay > 0:
            return  # the reconciler submits it when it is due, so RQ's scheduler is not needed
        rq_id = f"{self._prefix}-{job_id}"
        with reaching_redis():
            # Look in the queue itself: with RQ's unique ids, a job whose worker was killed could not be resubmitted.
            # Two concurrent calls may queue the id twice, which the ledger allows.
            if self._redis.lpos(self._queue.key, rq_id) is None:
                self._queue.enqueue_call(FUNCTION, args=(job_id,), job_id=rq_id, ttl=KEPT_SECONDS, result_ttl=0)

    def withdraw(self, job_id: int) -> None:
        with suppress(JobsError), reaching_redis():  # the ledger has already ended the job
            self._queue.remove(f"{self._prefix}-{job_id}")

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        stop = stop or Event()
        wait = min(self._poll_seconds, LONGEST_WAIT)
        reader = Reader(self._queue.name, self._client(wait + 2 * LONGEST_WAIT))
        outage = Outage("rq", pause_seconds=LONGEST_WAIT)
        reconcile_at = 0.0
        try:
            while not stop.is_set():
                if time.monotonic() >= reconcile_at:
                    reconcile()
                    reconcile_at = time.monotonic() + self._poll_seconds
                found, job_id = self._take(reader) if burst else self._take_or_wait(reader, wait, outage, stop)
                if job_id is not None:
                    self._run(run, job_id)
                elif burst and not found and not reconcile():
                    return
        finally:
            with suppress(JobsError), reaching_redis():
                reader.close()

    def _take(self, reader: Reader) -> tuple[bool, int | None]:
        with reaching_redis():
            return reader.take(0)

    def _take_or_wait(self, reader: Reader, wait: float, outage: Outage, stop: Event) -> tuple[bool, int | None]:
        """Like `Reader.take`. An unavailable queue counts as empty, and is tried again after a pause."""
        taken: tuple[bool, int | None] = (False, None)
        if outage.over():
            with outage.noted(), reaching_redis():
                taken = reader.take(wait)
        else:
            stop.wait(wait)
        return taken

    def _run(self, run: Run, job_id: int) -> None:
        try:
            run(job_id)
        except Exception:
            log.exception("job_crashed", extra={"job_id": job_id})

    def _client(self, response_seconds: float) -> Redis:
        """Return a client that connects on first use and reconnects after a fork.

        Retries are off, because redis-py would by default try ten times.
        """
        return Redis.from_url(
            self._settings.url.get_secret_value(),
            socket_connect_timeout=self._settings.timeout_seconds,
            socket_timeout=response_seconds,
            retry=Retry(NoBackoff(), 0),
        )
