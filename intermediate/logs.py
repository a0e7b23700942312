"""Logs: one JSON object a line on stderr, whichever library speaks.

Each line has `timestamp`, `level`, `logger`, `event`, `service`, `environment`, and `request_id` where there is one.
What callers give as `extra` stands beside them.
"""

import logging
import sys
from typing import Any, Literal

import structlog

from intermediate.settings import Settings

Service = Literal["web", "worker", "cli"]

# What these say on INFO says nothing about this application.
QUIET = ("alembic", "waitress", "plaster")


class JsonHandler(logging.StreamHandler[Any]):
    """Ours, so that configuring again replaces it."""


def configure(settings: Settings, service: Service) -> None:
    """Send everything that is logged in this process to stderr, as JSON."""

    def add_where(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event.setdefault("request_id", None)
        event.pop("message", None)  # another handler's copy of the event
        event.update(service=service, environment=settings.intermediate.environment)
        return event

    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            add_where,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
    handler = JsonHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    # pserve has called basicConfig, which would say everything twice.
    root.handlers = [other for other in root.handlers if type(other) not in (JsonHandler, logging.StreamHandler)]
    root.addHandler(handler)
    root.setLevel(settings.log.level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
