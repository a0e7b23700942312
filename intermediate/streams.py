"""Server-sent events with the progress of a job.

An open stream occupies a thread of the server. So their number is limited, each ends soon and resumes from
`Last-Event-ID` when its client reconnects, and none outlives its client, the login, or the server. A client that gets
no place polls the job, which shows the same.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from pyramid.config import Configurator
from sqlalchemy import Engine, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from intermediate.ledger import OPEN
from intermediate.models import Job
from intermediate.places import Places
from intermediate.problems import Problem
from intermediate.reads import dump
from intermediate.schemas.jobs import job_document
from intermediate.sections import Api

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5
BEAT_SECONDS = 1.0  # a server that notices a closed connection only by writing needs up to three of them
RETRY_MS = 2000
RETRY_OVER_MS = 60_000  # for clients that reconnect although the job has ended
BUSY_SECONDS = 5
_JOB = select(Job.__table__).where(Job.id == bindparam("job"))


class Streams(Places):
    """The streams of one process."""

    def __init__(self, settings: Api) -> None:
        super().__init__(settings.event_streams, settings.event_streams_per_user)
        self.seconds = settings.event_stream_seconds
        self.stopping = threading.Event()

    def close(self) -> None:
        """End all streams at their next poll of the job."""
        self.stopping.set()


class JobEvents:
    """A response body: the events of a job from now on, except the one that the client received last.

    Between polls it holds no database connection. `allowed` returns, at each heartbeat, whether the client may still
    see the job; `gone` returns whether it has disconnected, if the server knows that without writing.
    """

    def __init__(
        self,
        engine: Engine,
        streams: Streams,
        user_id: int,
        job_id: int,
        *,
        last_id: str,
        allowed: Callable[[], bool],
        gone: Callable[[], bool],
    ) -> None:
        self._closed = True
        if not streams.take(user_id):
            detail = "Too many event streams are open. Poll the job instead: it shows the same."
            raise Problem(503, "too_many_streams", detail, headers={"Retry-After": str(BUSY_SECONDS)})
        self._closed = False
        self._engine, self._streams, self._user_id, self._job_id = engine, streams, user_id, job_id
        self._last_id, self._allowed, self._gone = last_id, allowed, gone
        self._chunks = self._follow()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Release the place. Servers always call it, but not for a response that is discarded: then `__del__` does."""
        if not self._closed:
            self._closed = True
            self._streams.give_back(self._user_id)

    __del__ = close

    def _follow(self) -> Iterator[bytes]:
        yield _line("retry", RETRY_MS) + b"\n"
        end = time.monotonic() + self._streams.seconds
        beat = time.monotonic() + BEAT_SECONDS
        try:
            while (job := self._look()) is not None:
                over = job.status not in OPEN
                if event_id(job) != self._last_id:
                    self._last_id = event_id(job)
                    yield event(job, over)
                if over:
                    yield _line("retry", RETRY_OVER_MS) + b"\n"
                    return
                if time.monotonic() >= beat:
                    if not self._allowed():
                        return
                    yield b":\n\n"
                    beat = time.monotonic() + BEAT_SECONDS
                if time.monotonic() >= end or self._streams.stopping.wait(POLL_SECONDS) or self._gone():
                    return
        except SQLAlchemyError as error:  # the client reconnects, and then gets the error
            log.warning("event_stream_cut", extra={"error": str(error)[:500]})

    def _look(self) -> Any:
        """Return the job's row, or None if it was deleted with its owner."""
        with self._engine.connect() as connection:
            return connection.execute(_JOB, {"job": self._job_id}).first()


def event_id(job: Any) -> str:
    """Return the id of a job's state, so that each state is sent once."""
    return f"{job.attempts}-{job.status}-{job.progress}"


def event(job: Any, over: bool) -> bytes:
    """Return an event: `job` for a state, `end` for the last. JSON has no line breaks, so it cannot end the event."""
    name = "end" if over else "job"
    return _line("event", name) + _line("id", event_id(job)) + b"data: " + dump(job_document(job)) + b"\n\n"


def _line(name: str, value: object) -> bytes:
    return f"{name}: {value}\n".encode()


def end_on_signals(streams: Streams) -> None:
    """End the streams on SIGTERM and SIGINT, before the server's own handler, which would wait for them.

    Call it in the main thread after the server has set its handlers, as in gunicorn's `post_worker_init`.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        then = signal.getsignal(number)

        def stop(number: int, frame: Any, then: Any = then) -> None:
            streams.close()
            then(number, frame)

        if callable(then):
            signal.signal(number, stop)


def includeme(config: Configurator) -> None:
    config.registry.streams = Streams(config.registry.app_settings.api)
