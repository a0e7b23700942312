"""`intermediate-app` with gunicorn: several processes, which are replaced when they die and shut down cleanly."""

import http.client
import json
import os
import re
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.rows import row
from tests.serving import Served, wait_until
from tests.unit.cli.conftest import shell

pytestmark = pytest.mark.slow
CLIENTS = 24  # more than there are threads, so that some have to wait


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """A server with two processes of three threads, and the slow view `/slow`."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    served = Served(tmp_path, server="gunicorn", TMPDIR=str(temporary))
    served.include("tests.unit.cli.slow")
    served.ini.write_text(served.ini.read_text().replace("threads = 8", "threads = 3"))
    yield served.start()
    served.stop()


def children(served: Served) -> set[int]:
    assert served.process
    found = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
    return {int(pid) for pid in found.split()}


class Client:
    """Repeats requests, and records the outcome of each connection."""

    def __init__(self, port: int, kept: bool) -> None:
        self.port, self.kept, self.answered, self.broken = port, kept, 0, list[str]()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.connect()
            except OSError:
                return  # connections are no longer accepted, as expected at the end
            try:
                self.use(connection)
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(repr(error))
            finally:
                connection.close()

    def use(self, connection: http.client.HTTPConnection) -> None:
        while connection.sock:  # the client closes the connection if the response says so
            headers = {"Host": "localhost"} | ({} if self.kept else {"Connection": "close"})
            connection.request("GET", "/slow", headers=headers)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"done")
            self.answered += 1


@row("F31")
def test_no_request_that_was_taken_is_broken_when_it_is_told_to_end(server: Served) -> None:
    port = int(server.address.rpartition(":")[2])
    clients = [Client(port, kept=bool(number % 2)) for number in range(CLIENTS)]
    wait_until(lambda: sum(client.answered for client in clients) > CLIENTS, 90)
    assert server.process
    server.process.send_signal(signal.SIGTERM)
    for client in clients:
        client.thread.join(60)
    assert [client.broken for client in clients] == [[]] * CLIENTS
    assert server.process.wait(30) == 0


def test_a_process_that_dies_is_replaced(server: Served) -> None:
    wait_until(lambda: len(children(server)) == 2)
    before = children(server)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(children(server)) == 2 and not children(server) & before)
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    said = " | ".join(line["event"] for line in lines)
    assert all(words in said for words in ("Serving on http://", "Booting worker", "was sent SIGKILL"))
    with urllib.request.urlopen(f"{server.address}/livez", timeout=20) as answer:
        assert answer.status == 200


def test_processes_count_together_and_leave_nothing(server: Served) -> None:
    def answered() -> float:
        with urllib.request.urlopen(f"{server.address}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        return float(re.findall(r'^intermediate_requests_total\{.*view="livez"\} (\S+)$', text, re.MULTILINE)[0])

    before = answered()
    for _ in range(20):
        with urllib.request.urlopen(f"{server.address}/livez", timeout=20):
            pass
    assert {answered() for _ in range(6)} == {before + 20}
    for pid in children(server):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(children(server)) == 2)
    assert answered() == before + 20
    temporary = Path(server.environ["TMPDIR"])
    assert list(temporary.iterdir())
    server.stop()
    assert not list(temporary.iterdir())


@pytest.fixture
def one_thread(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, server="gunicorn", WEB_CONCURRENCY="1")
    served.ini.write_text(served.ini.read_text().replace("threads = 8", "threads = 1"))
    yield served.start()
    served.stop()


def ask(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/livez", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Connection"), bool(answer.read())) == (200, "keep-alive", True)


def test_a_thread_is_not_kept_by_who_does_not_ask_again(one_thread: Served) -> None:
    clients = [http.client.HTTPConnection("127.0.0.1", one_thread.port, timeout=20) for _ in range(3)]
    for _ in range(3):
        for client in clients:
            ask(client)
    for client in clients:
        client.close()


def test_a_thread_is_not_kept_by_who_asks_without_pause(one_thread: Served) -> None:
    enough, much = threading.Event(), b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20

    def ask_without_pause() -> None:
        with socket.create_connection(("127.0.0.1", one_thread.port), timeout=20) as connection:
            while not enough.is_set():
                connection.sendall(much)
                connection.recv(100_000)

    busy = threading.Thread(target=ask_without_pause)
    busy.start()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", one_thread.port, timeout=20)) as client:
            for _ in range(3):
                ask(client)
    finally:
        enough.set()
        busy.join(60)


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("threads = 8", "worker = 2", "worker is not a setting of gunicorn. Did you mean workers?"),
        ("threads = 8", "workers = many", "workers = many"),
        ("drain_notice_seconds = 0", "drain_notice_seconds = -1", "drain_notice_seconds = -1: use a number"),
    ],
)
def test_a_wrong_setting_of_the_server_is_one_line(tmp_path: Path, line: str, wrong: str, said: str) -> None:
    served = Served(tmp_path, server="gunicorn")
    served.ini.write_text(served.ini.read_text().replace(line, wrong))
    refused = shell("intermediate-app", served.ini)
    assert refused.returncode == 78
    error = json.loads(refused.stderr.splitlines()[-1])
    assert error["level"] == "critical"
    assert said in error["event"]


def test_tasks_in_the_memory_of_one_process_are_not_served_by_two(tmp_path: Path) -> None:
    served = Served(tmp_path, server="gunicorn")
    memory = {"INTERMEDIATE_TASKS_BACKEND": "memory", "INTERMEDIATE_JOBS_BACKEND": "inline"}
    refused = shell("intermediate-app", served.ini, WEB_CONCURRENCY="2", **memory)
    assert refused.returncode == 78
    assert "workers = 1" in refused.stderr


def test_pserve_says_what_serves_that_file(tmp_path: Path) -> None:
    refused = shell("pserve", Served(tmp_path, server="gunicorn").ini)
    assert "Run this file with intermediate-app." in refused.stderr
