"""Real servers for the tests. Each is found in this order: an environment variable, the PATH, a wheel.

`postgres.py`, `redis.py` and `mongo.py` each have `serve()`, a context manager that gives the URL of a server that is
the test run's own: it listens on 127.0.0.1 only and ends with the block. A service that is not to be had is Absent.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest

Service = TypeVar("Service")


class Absent(Exception):
    """The service is not here. The message says how to get it."""


@contextmanager
def or_skip(service: AbstractContextManager[Service]) -> Iterator[Service]:
    """The service, or its URL. Where it is absent, its tests are skipped, but fail where CI=true has promised it."""
    try:
        entered = service.__enter__()
    except Absent as absent:
        if os.environ.get("CI") == "true":
            pytest.fail(str(absent))
        pytest.skip(str(absent))
    try:
        yield entered
    finally:
        service.__exit__(None, None, None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
