"""Backends whose service is unavailable: it refuses connections, does not respond, or the database is missing."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from sqlalchemy import URL

from intermediate.engines import make_engine
from intermediate.plugins.base import BackendError

Make = Callable[[Mapping[str, str] | None], Any]
Result = TypeVar("Result")
SOON = 2.0  # a second is promised; a busy machine takes longer, and waiting without a timeout much longer


class Away:
    """Builds another instance of the backend, whose service or database cannot be reached."""

    def __init__(self, registry: Any, make: Make, options: Mapping[str, str]) -> None:
        self.make = make
        """Build the backend, with other options if they are given."""
        self.is_possible = bool(options)
        self._options = options
        self._registry = registry

    @contextmanager
    def refused(self) -> Iterator[Any]:
        """Yield the backend. Connections to its service are refused."""
        with socket.socket() as unused, closing(self._made(unused)) as backend:
            yield backend

    @contextmanager
    def silent(self) -> Iterator[Any]:
        """Yield the backend. Its service accepts every connection and never responds."""
        with socket.socket() as mute, closing(self._made(mute)) as backend:
            mute.listen(100)
            yield backend

    @contextmanager
    def without_database(self) -> Iterator[Any]:
        """Yield the backend. The core database cannot be reached, neither by it nor by requests."""
        good = self._registry.engine
        with socket.socket() as unused:
            self._registry.engine = make_engine(_nowhere(good.url, _bound(unused)))
            try:
                with closing(self.make(None)) as backend:
                    yield backend
            finally:
                self._registry.engine.dispose()
                self._registry.engine = good

    def _made(self, other_end: socket.socket) -> Any:
        port = str(_bound(other_end))
        return self.make({name: value.replace("{port}", port) for name, value in self._options.items()})


def _bound(other_end: socket.socket) -> int:
    """Bind a free port, so that no other program can listen on it, and return it."""
    other_end.bind(("127.0.0.1", 0))
    return other_end.getsockname()[1]


def _nowhere(url: URL, port: int) -> str:
    elsewhere = url.set(host="127.0.0.1", port=port) if url.host else url.set(database=f"{url.database}/none")
    return elsewhere.render_as_string(hide_password=False)


def soon(call: Callable[[], Result], patience: float) -> Result:
    """Return what the call returns, and assert that it returns within SOON seconds.

    A slower call is repeated until `patience` seconds have passed: a machine may stall for a moment, but a backend that
    waits too long is slow each time.
    """
    deadline = time.monotonic() + patience
    while True:
        began = time.monotonic()
        result = call()
        took = time.monotonic() - began
        if took < SOON:
            return result
        assert time.monotonic() < deadline, f"it took {took:.2f} s"


def tells(error: type[BackendError], call: Callable[[], Any]) -> bool:
    """Return whether the call raises the error of the kind. Other errors are not caught."""
    try:
        call()
    except error:
        return True
    return False


def all_tell(error: type[BackendError], calls: Mapping[str, Callable[[], Any]]) -> None:
    """Assert that each call raises the error of the kind."""
    for name, call in calls.items():
        assert tells(error, call), f"{name} has raised nothing"


def all_or_none_tell(error: type[BackendError], calls: Mapping[str, Callable[[], Any]]) -> None:
    """Assert that all calls raise the error of the kind, or none, if the backend does not need what is missing."""
    told = {name: tells(error, call) for name, call in calls.items()}
    assert len(set(told.values())) == 1, told
