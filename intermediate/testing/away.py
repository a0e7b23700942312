"""Backends whose client fails, for real: nobody listens, somebody listens and is silent, or the database is gone."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import URL

from intermediate.engines import make_engine
from intermediate.plugins.base import BackendError

Make = Callable[[Mapping[str, str] | None], Any]
SOON = 2.0  # a second is promised; what is busy takes longer, and what waits for ever much longer


class Away:
    """The same backend once more, where what it needs cannot be reached."""

    def __init__(self, registry: Any, make: Make, options: Mapping[str, str]) -> None:
        self.make = make
        """Builds the backend, with other options if they are given."""
        self.is_possible = bool(options)
        self._options = options
        self._registry = registry

    @contextmanager
    def refused(self) -> Iterator[Any]:
        """The backend, and nobody at the other end."""
        with socket.socket() as nobody, closing(self._made(nobody)) as backend:
            yield backend

    @contextmanager
    def silent(self) -> Iterator[Any]:
        """The backend, and somebody at the other end who takes every connection and never says a word."""
        with socket.socket() as mute, closing(self._made(mute)) as backend:
            mute.listen(100)
            yield backend

    @contextmanager
    def without_database(self) -> Iterator[Any]:
        """The backend, and no core database: requests have none either."""
        good = self._registry.engine
        with socket.socket() as nobody:
            self._registry.engine = make_engine(_nowhere(good.url, _bound(nobody)))
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
    """A port that is held, so that no other program can begin to listen there."""
    other_end.bind(("127.0.0.1", 0))
    return other_end.getsockname()[1]


def _nowhere(url: URL, port: int) -> str:
    elsewhere = url.set(host="127.0.0.1", port=port) if url.host else url.set(database=f"{url.database}/none")
    return elsewhere.render_as_string(hide_password=False)


@contextmanager
def soon() -> Iterator[None]:
    """What is done inside must not wait for what does not come."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < SOON, f"it took {took:.2f} s"


def tells(error: type[BackendError], call: Callable[[], Any]) -> bool:
    """Whether the kind's own error is raised. Another error is not caught."""
    try:
        call()
    except error:
        return True
    return False


def all_tell(error: type[BackendError], calls: Mapping[str, Callable[[], Any]]) -> None:
    """Each call must raise the kind's own error."""
    for name, call in calls.items():
        assert tells(error, call), f"{name} has raised nothing"


def all_or_none_tell(error: type[BackendError], calls: Mapping[str, Callable[[], Any]]) -> None:
    """Each call must raise the kind's own error, or else none may: then the backend does without."""
    told = {name: tells(error, call) for name, call in calls.items()}
    assert len(set(told.values())) == 1, told
