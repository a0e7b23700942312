"""Export of tasks as a file, streamed in pieces to a client that may be slow.

A file is read from one snapshot, in its own transaction: that of the request ends before the first piece is sent. The
separator of two records is written before the second, and the end of the file comes last. So a file that is cut off
does not look complete, whatever its format.
"""

import csv
import io
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from pyramid.config import Configurator
from sqlalchemy.exc import SQLAlchemyError
from transaction import TransactionManager

from intermediate.db import RequestSession
from intermediate.engines import take_snapshot, wait_for_client
from intermediate.formulas import guard
from intermediate.i18n import _
from intermediate.importing import OPTIONAL, REQUIRED
from intermediate.places import Places
from intermediate.plugins.base import BackendError
from intermediate.plugins.tasks.interface import Task, TaskQuery, TaskStore
from intermediate.problems import Problem
from intermediate.reads import dump
from intermediate.schemas.tasks import iso

log = logging.getLogger(__name__)
AT_ONCE, OF_ONE_USER = 4, 2  # per process: each holds a connection and a thread for as long as its client reads
RETRY_SECONDS = 10
BATCH = 500
COLUMNS = REQUIRED + OPTIONAL


@dataclass(frozen=True)
class Format:
    """A file format: what is written at the start, before the first record, between two records, and at the end."""

    content_type: str
    opening: bytes
    first: bytes
    between: bytes
    end: bytes
    records: Callable[[Sequence[Task], bytes], bytes]
    """The records of some tasks, with the separator between them."""


def _documents(tasks: Sequence[Task], between: bytes) -> bytes:
    return between.join(dump(task._asdict()) for task in tasks)


def _rows(tasks: Sequence[Task], between: bytes) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=between.decode()).writerows(_cells(task) for task in tasks)
    return text.getvalue().removesuffix(between.decode()).encode()


def _cells(task: Task) -> list[str]:
    """Return a row as an import reads it, in the order of COLUMNS."""
    return [_cell(getattr(task, name)) for name in COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return iso(value)
    if value in (None, ()):
        return ""
    return guard(",".join(value) if isinstance(value, tuple) else str(value))


FORMATS = {
    "csv": Format("text/csv", ",".join(COLUMNS).encode(), b"\r\n", b"\r\n", b"\r\n", _rows),
    "json": Format("application/json", b"[", b"\n", b",\n", b"\n]\n", _documents),
    "ndjson": Format("application/x-ndjson", b"", b"", b"\n", b"\n", _documents),
}


class Export:
    """The pieces of a file. The first is read at once, so that a read error is reported before the response begins.

    Servers close it, whether it was read to its end or not.
    """

    def __init__(
        self, registry: Any, owner: int, query: TaskQuery, form: Format, request_id: str | None = None
    ) -> None:
        if not registry.exports.take(owner):
            retry = {"Retry-After": str(RETRY_SECONDS)}
            raise Problem(503, "exports_busy", _("Too many exports are in progress. Try again soon."), headers=retry)
        self._pieces = _read(registry, owner, query, form, request_id)
        self._ready = [next(self._pieces)]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._ready.pop() if self._ready else next(self._pieces)

    def close(self) -> None:
        self._pieces.close()


def _read(
    registry: Any, owner: int, query: TaskQuery, form: Format, request_id: str | None
) -> Generator[bytes, None, None]:
    """Yield the pieces. An error is logged and raised to the server, which aborts the response."""
    try:
        with _own_store(registry) as store:
            yield from pieces(store.stream(owner, query), form)
    except (BackendError, SQLAlchemyError):
        log.exception("export_broken", extra={"owner_id": owner, "request_id": request_id})
        raise
    finally:
        registry.exports.give_back(owner)


def pieces(tasks: Iterable[Task], form: Format) -> Iterator[bytes]:
    """Yield a file of these tasks, batch by batch."""
    rest, before = iter(tasks), form.opening + form.first
    while batch := list(islice(rest, BATCH)):
        yield before + form.records(batch, form.between)
        before = form.between
    if before == form.between:
        yield form.end
    else:  # no tasks
        yield form.opening + (form.end if form.opening else b"")


@contextmanager
def _own_store(registry: Any) -> Iterator[TaskStore]:
    """Yield the task store on a current snapshot, in its own transaction, which may take long."""
    manager = TransactionManager(explicit=True)
    session = RequestSession(registry.engine, info={"tm": manager, "lengthen": wait_for_client})
    manager.begin()
    try:
        take_snapshot(session.connection())
        yield registry.tasks.open(manager, session)
    finally:
        manager.abort()


def includeme(config: Configurator) -> None:
    config.registry.exports = Places(AT_ONCE, OF_ONE_USER)
