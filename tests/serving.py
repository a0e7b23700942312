"""A served application: pserve with development.ini, on a free port, with a new database.

With `--server gunicorn`, `intermediate-app` serves it in two processes, with the server section of production.ini.
"""

import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from tests.services import free_port

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SERVERS = ("waitress", "gunicorn")
QUIET = {"PYTHONWARNINGS": "ignore:pkg_resources is deprecated"}  # pserve imports Pyramid before us, which warns


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition is true, and fail at the deadline.

    The deadline is long, because any machine stalls now and then, and it costs nothing when the test passes.
    """
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
def threaded(server: Any) -> Iterator[int]:
    """Run a waitress server in a thread of this process, and yield its port."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        server.task_dispatcher.shutdown()
        # Like `pull_trigger(server.close)`, but under the lock: a thread that finishes a response also pulls the
        # trigger, which could run our `close`, and so close the trigger, before we pull it.
        with server.trigger.lock:
            server.trigger.thunks.append(server.close)
            os.write(server.trigger.trigger, b"x")
        thread.join(10)


def ini_for(server: str, port: int) -> str:
    """Return the text of development.ini with this port, and with the [server:main] section for the given server."""
    name, section = "development.ini", r"^\[server:main\].*?(?=^\[)"
    text = (ROOT / name).read_text()
    if server == "gunicorn":
        [found] = re.findall(section, (ROOT / "production.ini").read_text(), re.MULTILINE | re.DOTALL)
        text = re.sub(section, lambda _: found, text, flags=re.MULTILINE | re.DOTALL)
    return text.replace("127.0.0.1:8003", f"127.0.0.1:{port}")


class Served:
    """A server process on the loopback interface. `environ` adds settings."""

    server = "waitress"  # the value of --server
    shared: ClassVar[dict[str, str]] = {}  # settings for servers with several processes

    def __init__(self, folder: Path, *, server: str | None = None, **environ: str) -> None:
        self.port = port = free_port()
        self.address = f"http://localhost:{port}"  # WebTest does not keep cookies of IP addresses
        self.database = folder / "served.sqlite"
        self.log = folder / "served.log"
        self.ini = folder / "served.ini"
        server = server or Served.server
        self.ini.write_text(ini_for(server, port))
        self.command = {"waitress": "pserve", "gunicorn": "intermediate-app"}[server]
        self.database_url = f"sqlite:///{self.database}"
        database = {"INTERMEDIATE_DATABASE_URL": self.database_url}
        self.environ = {**os.environ, **QUIET, "WEB_CONCURRENCY": "2", **Served.shared, **database, **environ}
        self.process: subprocess.Popen[bytes] | None = None

    def include(self, module: str) -> None:
        """Add a module of the tests to the application. Its `includeme` is called first."""
        text = self.ini.read_text()
        self.ini.write_text(text.replace("[app:main]", f"[app:main]\npyramid.includes = {module}"))
        self.environ["PYTHONPATH"] = str(ROOT)

    def start(self) -> "Served":
        """Start the server and wait until it responds."""
        with self.log.open("ab") as log:
            words = [str(BIN / self.command), str(self.ini)]
            self.process = subprocess.Popen(words, env=self.environ, stdout=log, stderr=subprocess.STDOUT)
        wait_until(lambda: self.process.poll() is not None or answers(f"{self.address}/livez"), 90)  # type: ignore[union-attr]
        assert self.process.poll() is None, f"It has ended: {self.log.read_text()[-1000:]}"
        return self

    def kill(self) -> None:
        """Send SIGKILL and wait for the end of the process."""
        assert self.process
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
