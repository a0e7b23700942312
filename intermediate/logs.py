"""Logging: one JSON object per line on stderr, for all libraries.

Each line has `timestamp`, `level`, `logger`, `event`, `service`, `environment` and `request_id`, which is null if
there is none, and the fields that callers pass as `extra`.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal

from pydantic_core import to_json

from intermediate.settings import Settings

Service = Literal["web", "worker", "cli"]

# Libraries whose INFO messages say nothing about this application.
QUIET = ("alembic", "waitress", "plaster")

# Attributes of every record, beside those of `extra`. Formatters of other handlers add the last three.
OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


@contextmanager
def about(request_id: str | None) -> Iterator[None]:
    """Add this request id to every line that is logged within the context."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


class JsonHandler(logging.StreamHandler[Any]):
    """Our handler, a class of its own so that `configure` can replace it."""

    def flush(self) -> None:
        """Do nothing: stderr is line-buffered."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON.

    Every request waits for two lines, and the formatters of libraries copy the record and format it twice.
    """

    def __init__(self, **everywhere: str) -> None:
        super().__init__()
        self._everywhere = everywhere

    def format(self, record: logging.LogRecord) -> str:
        given = vars(record)
        line: dict[str, Any] = {
            "event": record.getMessage(),
            "request_id": _request_id.get(),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        for name in given:
            if name not in OF_EVERY_RECORD:
                line[name] = given[name]
        second = int(record.created)
        line["timestamp"] = f"{_second(second)}.{int((record.created - second) * 1_000_000):06}Z"
        if record.exc_info and record.exc_info[0]:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack_info"] = record.stack_info
        line.update(self._everywhere)
        try:
            return to_json(line, ensure_ascii=True, fallback=str).decode()
        except ValueError:  # a lone surrogate, or bytes that are not UTF-8
            return json.dumps(line, default=str)


@lru_cache(1)
def _second(since_1970: int) -> str:
    return datetime.fromtimestamp(since_1970, UTC).isoformat()[:-6]


def configure(settings: Settings, service: Service) -> None:
    """Log everything in this process to stderr as JSON."""
    _send(service, settings.intermediate.environment, settings.log.level)


def _send(service: Service, environment: str, level: str) -> None:
    handler = JsonHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service=service, environment=environment))
    root = logging.getLogger()
    # pserve has called basicConfig, whose handler would log everything twice.
    root.handlers = [other for other in root.handlers if type(other) not in (JsonHandler, logging.StreamHandler)]
    root.addHandler(handler)
    root.setLevel(level)
    # Lines contain no source location, thread or process, so these need not be determined.
    logging._srcfile = None  # see "Optimization" in Python's logging HOWTO
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    if not sys.stderr.isatty():
        _log_warnings_and_crashes()


def tell(service: Service, level: int, words: str) -> None:
    """Tell the user who started this process: as text on a terminal, else as a log line.

    Works also before the settings are read, or if they are wrong.
    """
    if sys.stderr.isatty():
        print(words, file=sys.stderr)  # noqa: T201  a person reads it
        return
    if not any(isinstance(handler, JsonHandler) for handler in logging.getLogger().handlers):
        _send(service, os.environ.get("INTERMEDIATE_ENVIRONMENT", "development"), "INFO")
    logging.getLogger("intermediate").log(level, words)


def _log_warnings_and_crashes() -> None:
    """Log Python's warnings, and uncaught exceptions of the process or a thread, unless another hook takes them."""
    logging.captureWarnings(True)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _crashed
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_crashed


def _crashed(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    logging.getLogger("intermediate").critical("crashed", exc_info=(kind, error, place))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value and args.exc_type is not SystemExit:
        _crashed(args.exc_type, args.exc_value, args.exc_traceback)
