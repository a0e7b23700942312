"""Requests without a client, for jobs, commands and `pshell`."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.interfaces import IRequestFactory
from pyramid.scripting import prepare

from intermediate.engines import take_time
from intermediate.request import Request


@contextmanager
def request_for(registry: Any, request_id: str | None = None) -> Iterator[Request]:
    """Yield a request like those of views, in a transaction that is committed at the end, or aborted by an error."""
    request = registry.getUtility(IRequestFactory).blank("/", base_url="http://localhost")
    request.id = request_id or uuid.uuid4().hex
    environment = prepare(request, registry)
    request.db.info["lengthen"] = take_time
    try:
        with request.tm:
            yield request
    finally:
        environment["closer"]()
