"""Server-sent events that tell how a job goes on.

A stream holds a thread of the server for as long as it is open. So there are few of them, each ends soon and goes on
from `Last-Event-ID` when its client comes back, and none outlives its client, the login, or the server's end. Whoever
gets no place asks for the job itself again and again, and learns the same.
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
BEAT_SECONDS = 1.0  # a server that sees only by writing that the client has left needs up to three of them
RETRY_MS = 2000
RETRY_OVER_MS = 60_000  # for clients that come back although the job is over
BUSY_SECONDS = 5
_JOB = select(Job.__table__).where(Job.id == bindparam("job"))


class Streams(Places):
    """The places that one process has for streams."""

    def __init__(self, settings: Api) -> None:
        super().__init__(settings.event_streams, settings.event_streams_per_user)
        self.seconds = settings.event_stream_seconds
        self.stopping = threading.Event()

    def close(self) -> None:
        """Let all streams end at their next look at the job."""
        self.stopping.set()


class JobEvents:
    """The body of an answer: a job's events from now on, but for the one that the client had last.

    Between its looks it holds no connection to the database. `allowed` says, at each heartbeat, whether the client may
    still see the job; `gone`, whether it has left, where the server knows that without writing.
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
        """Servers call it in every case, and nobody does for an answer that is thrown away: then `__del__`."""
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
        except SQLAlchemyError as error:  # the client comes back, and is then told
            log.warning("event_stream_cut", extra={"error": str(error)[:500]})

    def _look(self) -> Any:
        """The job's row, or None if it went with its owner."""
        with self._engine.connect() as connection:
            return connection.execute(_JOB, {"job": self._job_id}).first()


def event_id(job: Any) -> str:
    """Names a state of a job, so that it is told once."""
    return f"{job.attempts}-{job.status}-{job.progress}"


def event(job: Any, over: bool) -> bytes:
    """`job` for each state, `end` for the last one. JSON has no line breaks, so nothing in it can end the event."""
    name = "end" if over else "job"
    return _line("event", name) + _line("id", event_id(job)) + b"data: " + dump(job_document(job)) + b"\n\n"


def _line(name: str, value: object) -> bytes:
    return f"{name}: {value}\n".encode()


def end_on_signals(streams: Streams) -> None:
    """Let streams end when the process is told to, before what it does then: its server would wait for them.

    To be called in the main thread when the server's own handlers stand, as in gunicorn's `post_worker_init`.
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
