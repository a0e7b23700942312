"""Real servers for the tests. Each is found in this order: an environment variable, the PATH, a wheel.

`postgres.py`, `redis.py` and `mongo.py` each have `serve()`, a context manager that gives the URL of a server that is
the test run's own: it listens on 127.0.0.1 only and ends with the block. A service that is not to be had is Absent.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests import planted

Service = TypeVar("Service")
Server = TypeVar("Server", bound="ServiceProcess")
START_SECONDS = 30


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


class ServiceProcess:
    """A server of a test's own, which may be killed, frozen and started again on the same port."""

    user: str | None = None
    """Who runs it, if not this very user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def words(self) -> list[str]:
        """The command that starts it, to listen on `port`."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.words(), cwd=self.folder, stdout=log, stderr=log, user=self.user)
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.words()[0]} does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

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
            self.kill()  # also ends one that is frozen; what it holds goes with its folder

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _send(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)


@contextmanager
def running(make: Callable[[Path], Server]) -> Iterator[Server]:
    """A started server, which has a folder for as long as the block."""
    with tempfile.TemporaryDirectory(prefix="service-", ignore_cleanup_errors=True) as folder:
        server = make(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
        planted.look(Path(folder))
