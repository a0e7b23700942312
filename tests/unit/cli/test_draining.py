"""What clients of gunicorn see after SIGTERM, on existing and on new connections."""

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Served, wait_until

pytestmark = pytest.mark.slow
Start = Callable[[int], Served]
DRAINING = {"status": "unavailable", "reason": "draining"}
PATIENCE = 20


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts two processes with this many seconds' notice, and writes the pid of their parent."""
    served = Served(tmp_path, server="gunicorn")

    def start(notice: int) -> Served:
        lines = f"drain_notice_seconds = {notice}\npidfile = {tmp_path}/pid"
        text = served.ini.read_text()
        assert "drain_notice_seconds = 0" in text
        served.ini.write_text(text.replace("drain_notice_seconds = 0", lines))
        return served.start()

    yield start
    served.stop()


@contextmanager
def connected(served: Served) -> Iterator[http.client.HTTPConnection]:
    """Return a connection that has received a response."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    connection.auto_open = 0  # do not reconnect
    connection.connect()
    try:
        assert ask(connection)[0] == 200
        yield connection
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, path: str = "/healthz") -> tuple[int, dict[str, str], Any]:
    connection.request("GET", path, headers={"Host": "localhost"})
    answer = connection.getresponse()
    return answer.status, dict(answer.headers), json.loads(answer.read())


def ask_anew(served: Served, path: str) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    try:
        return ask(connection, path)
    finally:
        connection.close()


def refused(served: Served) -> bool:
    try:
        ask_anew(served, "/livez")
    except ConnectionRefusedError:
        return True
    return False


def lives(pid: int) -> bool:
    """Return whether a process is running. It need not be a child of this one, and a zombie counts as ended."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def told_to_end(served: Served) -> None:
    assert served.process
    served.process.send_signal(signal.SIGTERM)


def ended_well(served: Served) -> bool:
    assert served.process
    return served.process.wait(30) == 0


def assert_draining(status: int, headers: dict[str, str], health: Any) -> None:
    assert status == 503
    assert (health["status"], health["checks"]["server"]) == ("unavailable", DRAINING)
    assert health["checks"]["database"] == {"status": "ok"}
    assert headers["Connection"] == "close"
    assert int(headers["Retry-After"]) > 0


def test_a_connection_from_before_is_told_that_the_server_ends(start: Start) -> None:
    served = start(0)
    with connected(served) as connection:
        told_to_end(served)
        deadline = time.monotonic() + PATIENCE
        while (answer := ask(connection))[1]["Connection"] != "close":
            assert time.monotonic() < deadline
    assert_draining(*answer)
    assert ended_well(served)
    assert refused(served)


def test_for_the_time_of_its_notice_the_server_says_so_and_serves_whoever_comes(start: Start) -> None:
    notice = 8
    served = start(notice)
    with connected(served) as connection:
        began = time.monotonic()
        told_to_end(served)
        wait_until(lambda: ask_anew(served, "/healthz")[0] == 503, PATIENCE)
        assert_draining(*ask_anew(served, "/healthz"))
        status, headers, _ = ask(connection, "/api")
        assert (status, headers["Connection"]) == (200, "close")
        assert ask_anew(served, "/livez")[0] == 200
    wait_until(lambda: refused(served), PATIENCE)
    assert time.monotonic() - began >= notice
    assert ended_well(served)


def test_a_server_whose_port_another_one_has_taken_over_gives_no_notice(start: Start, tmp_path: Path) -> None:
    served = start(60)
    assert served.process
    served.process.send_signal(signal.SIGUSR2)
    second = tmp_path / "pid.2"
    wait_until(lambda: second.exists() and second.read_text().strip().isdecimal(), PATIENCE)
    successor = int(second.read_text())
    try:
        told_to_end(served)
        while served.process.poll() is None:
            assert ask_anew(served, "/healthz")[0] == 200
        assert served.process.returncode == 0
        assert ask_anew(served, "/healthz")[0] == 200
    finally:
        os.kill(successor, signal.SIGQUIT)
        wait_until(lambda: not lives(successor), PATIENCE)


@pytest.mark.parametrize("begun", [True, False])
def test_ctrl_c_does_not_wait_for_the_notice_to_be_over(start: Start, begun: bool) -> None:
    served = start(60)
    if begun:
        told_to_end(served)
        wait_until(lambda: ask_anew(served, "/healthz")[0] == 503, PATIENCE)
    assert served.process
    served.process.send_signal(signal.SIGINT)
    assert ended_well(served)
