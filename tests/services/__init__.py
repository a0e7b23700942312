"""Real servers for the tests, from an environment variable, the PATH or a wheel, in this order.

`postgres.py`, `redis.py` and `mongo.py` each have `serve()`, a context manager that yields a URL. It starts a separate
server for the test run, which listens on 127.0.0.1 only and stops at the end of the block, unless the environment
variable names one. Absent is raised if the service is not available.
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
    """The service is not available. The message says how to install it."""


@contextmanager
def or_skip(service: AbstractContextManager[Service]) -> Iterator[Service]:
    """Yield the service or its URL. If it is absent, skip the test, or fail it if CI=true."""
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
    """A server process for tests, which they may kill, suspend, and start again on the same port."""

    user: str | None = None
    """The user who runs the process, by default the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def words(self) -> list[str]:
        """Return the command that starts the server on `port`."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and wait until it listens."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.words(), cwd=self.folder, stdout=log, stderr=log, user=self.user)
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.words()[0]} does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def freeze(self) -> None:
        """Send SIGSTOP: connections stay open, and the server does not respond."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """Send SIGKILL: connections are refused from now on."""
        self._send(signal.SIGKILL)
        assert self._process
        self._process.wait(START_SECONDS)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self.kill()  # works for a suspended process too; its data is deleted with the folder

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _send(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)


@contextmanager
def running(make: Callable[[Path], Server]) -> Iterator[Server]:
    """Start a server in a temporary folder, and yield it."""
    with tempfile.TemporaryDirectory(prefix="service-", ignore_cleanup_errors=True) as folder:
        server = make(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
        planted.look(Path(folder))
