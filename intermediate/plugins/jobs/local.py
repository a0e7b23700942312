"""The jobs backend `local`: runs jobs in threads of the application's own processes, with the ledger as the queue.

A submitted id runs in the process that submitted it. If that process ends first, the reconciler of another process
finds the job. This makes `intermediate-worker` a full worker too.
"""

import logging
import threading
from threading import Event
from typing import Any, ClassVar

from pydantic import Field

from intermediate.plugins.base import Capability, Section
from intermediate.plugins.jobs.interface import Jobs, Reconcile, Run
from intermediate.plugins.jobs.waiting import WaitingIds

log = logging.getLogger(__name__)
CLOSE_SECONDS = 5


class LocalJobsSettings(Section):
    threads: int = Field(2, ge=0, le=1000)
    """How many jobs a process runs at once. With 0, a web process runs none; `intermediate-worker` still does."""


class LocalJobs(Jobs):
    Settings = LocalJobsSettings
    capabilities: ClassVar = frozenset({Capability.SHARED})

    def __init__(self, threads: int, poll_seconds: float) -> None:
        self._count = threads
        self._poll_seconds = poll_seconds
        self._waiting = WaitingIds()
        self._threads: list[threading.Thread] = []
        self._stop = Event()

    @classmethod
    def build(cls, config: Any, settings: LocalJobsSettings) -> "LocalJobs":
        return cls(settings.threads, config.registry.app_settings.jobs.poll_seconds)

    def start(self, run: Run, reconcile: Reconcile) -> None:
        for number in range(self._count):
            name = f"jobs-{number + 1}"
            thread = threading.Thread(target=self.work, args=(run, reconcile), kwargs={"stop": self._stop}, name=name)
            thread.daemon = True  # an interrupted job runs again when its lease has expired
            thread.start()
            self._threads.append(thread)

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        self._waiting.add(job_id, delay)

    def withdraw(self, job_id: int) -> None:
        self._waiting.discard(job_id)

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        stop = stop or self._stop
        while not stop.is_set():
            reconcile()
            while not stop.is_set() and (job_id := self._waiting.pop_due()) is not None:
                try:
                    run(job_id)
                except Exception:
                    log.exception("job_crashed", extra={"job_id": job_id})
                reconcile()
            if burst:
                return
            self._waiting.wait(self._poll_seconds, stop)

    def close(self) -> None:
        self._stop.set()
        self._waiting.wake()
        for thread in self._threads:
            thread.join(CLOSE_SECONDS)
