"""A served application: development.ini under pserve, with a port and a database of its own."""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waitress.server import create_server

from tests.services import free_port

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
QUIET = {"PYTHONWARNINGS": "ignore:pkg_resources is deprecated"}  # pserve imports Pyramid before us, which warns


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for a state, and fail if it does not come by the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def threaded(app: Any, **options: Any) -> Iterator[int]:
    """The port of a server in a thread of this process."""
    server = create_server(app, host="127.0.0.1", port=0, **options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(server.close)
        thread.join(10)


class Served:
    """A server process on the loopback interface. `environ` adds to its settings."""

    def __init__(self, folder: Path, **environ: str) -> None:
        port = free_port()
        self.address = f"http://localhost:{port}"  # WebTest keeps cookies of names, not of numbers
        self.database = folder / "served.sqlite"
        self.log = folder / "served.log"
        self.ini = folder / "served.ini"
        self.ini.write_text((ROOT / "development.ini").read_text().replace("127.0.0.1:8003", f"127.0.0.1:{port}"))
        self.database_url = f"sqlite:///{self.database}"
        database = {"INTERMEDIATE_DATABASE_URL": self.database_url}
        self.environ = {**os.environ, **QUIET, **database, **environ}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Served":
        """Start the server and wait for its first answer."""
        with self.log.open("ab") as log:
            words = [str(BIN / "pserve"), str(self.ini)]
            self.process = subprocess.Popen(words, env=self.environ, stdout=log, stderr=subprocess.STDOUT)
        wait_until(lambda: answers(f"{self.address}/livez"), 90)
        return self

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
