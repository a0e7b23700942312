"""The strict waitress server, in a thread of this process: slow clients."""

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from intermediate.servers import waitress
from tests.clock import Clock, set_clock
from tests.rows import row
from tests.serving import threaded, wait_until

pytestmark = pytest.mark.slow
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
MIB = 2**20


class Application:
    """Echoes the request body. `/slow` responds when the test allows it, `/long` with more than a client can buffer."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.ended = threading.Event()

    def __call__(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/long":
            start_response("200 OK", [])
            return self.long()
        if environ["PATH_INFO"] == "/slow":
            self.go_on.wait(10)
        start_response("200 OK", [("Content-Length", str(len(body) + 5))])
        return iter([b"hello" + body])

    def long(self) -> Iterator[bytes]:
        try:
            for _ in range(200):
                yield b"x" * MIB
        finally:
            self.ended.set()


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_clock(monkeypatch, waitress)


@pytest.fixture
def port(application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server that allows a second for a head, another for a body, and one more per 40 bytes of it."""
    monkeypatch.setattr(waitress, "HEAD_SECONDS", 1)
    monkeypatch.setattr(waitress, "BODY_SECONDS", 1)
    monkeypatch.setattr(waitress, "BODY_RATE", 40)
    with served(application, channel_timeout=60) as port:
        yield port


def served(application: Application, **options: int) -> AbstractContextManager[int]:
    options = {"port": 0, "channel_request_lookahead": 1, **options}
    return threaded(waitress.make_server(application, host="127.0.0.1", **options))


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def received(client: socket.socket, end: bytes) -> bytes:
    """Return what arrives up to a text, or until the connection ends."""
    found = b""
    while not found.endswith(end) and (came := client.recv(1000)):
        found += came
    return found


def asked(client: socket.socket) -> bytes:
    client.sendall(GET)
    return received(client, b"hello")


def dripped(port: int, clock: Clock, begin: bytes, more: bytes) -> bytes:
    """Keep sending five bytes a second, and return what arrives until the connection ends."""
    with connect(port) as client:
        client.settimeout(0.02)
        client.sendall(begin)
        found = b""
        for number in range(1000):
            clock.now += 0.2
            try:
                client.sendall(more[number % len(more) :][:1])
                if not (came := client.recv(1000)):
                    return found
                found += came
            except TimeoutError:
                continue
            except ConnectionError:
                return found
    raise AssertionError("It was listened to without end.")


DRIPS = {
    "F44-head": (b"GET / HTTP/1.1\r\nX: ", b"x"),
    "F44-body": (POST + b"Content-Length: 5000\r\n\r\n", b"x"),
    "F44-chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "F44-body-in-part": (POST + b"Content-Length: 5000\r\n\r\n" + b"x" * 40, b"x"),
}


@pytest.mark.parametrize(("begin", "more"), DRIPS.values(), ids=DRIPS)
def test_what_comes_byte_by_byte_is_not_waited_for(port: int, clock: Clock, begin: bytes, more: bytes) -> None:
    found = dripped(port, clock, begin, more)
    assert found.startswith(b"HTTP/1.1 408 " if b"POST" in begin else b"HTTP/1.0 408 ")
    assert found.count(b"HTTP/1") == 1


@row("F44-silent")
def test_a_body_that_does_not_come_is_not_waited_for(port: int, clock: Clock) -> None:
    with connect(port) as client:
        client.sendall(POST + b"Content-Length: 5000\r\n\r\nx")
        wait_until(lambda: clock.asked > 1, 20)  # once for the beginning, once to check whether it is late
        clock.now += 3
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")


@row("F44-fair")
def test_a_large_body_has_the_time_that_it_takes(port: int, clock: Clock) -> None:
    request = waitress.StrictParser(Adjustments())
    request.received(POST + b"Content-Length: 400\r\n\r\n")
    for _ in range(19):  # twice the time of a small one, at twice the required rate
        request.received(b"y" * 20)
        clock.now += 0.2
        assert not request.late()
    clock.now += 10
    assert request.late()


@row("F44-kept")
def test_a_connection_that_is_kept_may_wait_between_requests(port: int, clock: Clock) -> None:
    with connect(port) as client:
        for _ in range(2):
            assert asked(client).startswith(b"HTTP/1.1 200 ")
            clock.now += 100
            with connect(port) as other:  # when this has its response, the server has checked all connections
                assert asked(other).startswith(b"HTTP/1.1 200 ")


@row("F44-waits")
def test_a_request_that_waits_for_the_answer_before_it_is_not_late(
    port: int, clock: Clock, application: Application
) -> None:
    with connect(port) as client:
        client.sendall(GET.replace(b"/ ", b"/slow ", 1) + GET[:-2])
        wait_until(lambda: clock.asked > 1, 20)  # once for the beginning of each
        clock.now += 100
        before = clock.asked
        wait_until(lambda: clock.asked > before, 20)
        application.go_on.set()
        assert received(client, b"hello").startswith(b"HTTP/1.1 200 ")
        client.sendall(GET[-2:])
        assert received(client, b"hello").startswith(b"HTTP/1.1 200 ")


@row("F44-unread")
def test_an_answer_that_its_client_does_not_take_gives_the_thread_back(application: Application) -> None:
    with served(application, channel_timeout=1, outbuf_high_watermark=MIB) as port, connect(port) as client:
        client.sendall(GET.replace(b"/ ", b"/long ", 1))
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        wait_until(application.ended.is_set, 10)
