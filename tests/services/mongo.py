"""A server of MongoDB's protocol: TEST_MONGO_URL, a `mongod` on the PATH, or the FerretDB of `make services`."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient

from tests.services import Absent, free_port

FERRETDB = Path(__file__).parents[2] / ".services" / "ferretdb"
HOW_TO_GET_IT = (
    "No MongoDB is here. Name one in TEST_MONGO_URL, put `mongod` on the PATH, or run `make services`, which needs Go."
)
START_SECONDS = 30


class Server:
    """A server of a test's own, which may be killed, frozen and started again on the same port, with what it holds."""

    def __init__(self, folder: Path, command: str) -> None:
        self._folder = folder
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def url(self) -> str:
        """A database that nothing was put into yet."""
        return f"mongodb://127.0.0.1:{self.port}/{new_name()}"

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._words(), cwd=self._folder, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self._command} does not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _words(self) -> list[str]:
        if Path(self._command) == FERRETDB:
            return [self._command, f"127.0.0.1:{self.port}", str(self._folder)]
        return [self._command, "--bind_ip", "127.0.0.1", "--port", str(self.port), "--dbpath", str(self._folder)]

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
            self.kill()  # also ends one that is frozen; what it holds goes with its folder

    def _send(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)


@contextmanager
def own_server() -> Iterator[Server]:
    """A started server for a test that does it harm."""
    command = shutil.which("mongod") or (str(FERRETDB) if FERRETDB.is_file() else None)
    if command is None:
        raise Absent(HOW_TO_GET_IT)
    with tempfile.TemporaryDirectory(prefix="mongo-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder), command)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def serve() -> Iterator[str]:
    """The URL of a server and of a database that is the test run's own."""
    given = os.environ.get("TEST_MONGO_URL")
    if not given:
        with own_server() as server:
            yield server.url()
        return
    name = new_name()
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with MongoClient[dict[str, object]](given) as client:
            client.drop_database(name)


def new_name() -> str:
    return f"test_{secrets.token_hex(6)}"
