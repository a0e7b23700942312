"""The server that is strict, in a thread of this process: what takes long."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from intermediate import serving


def hello(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server that waits for a head for one second."""
    monkeypatch.setattr(serving, "HEAD_SECONDS", 1)
    server = serving.make_server(hello, host="127.0.0.1", port=0, channel_timeout=60)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(server.close)
    thread.join(10)


@pytest.mark.slow
def test_a_head_that_comes_byte_by_byte_is_not_waited_for(port: int) -> None:
    deadline = time.monotonic() + 15
    with socket.create_connection(("127.0.0.1", port), timeout=0.1) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        closed = False
        while not closed:
            assert time.monotonic() < deadline
            try:
                client.sendall(b"x")
                closed = client.recv(100) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                closed = True


@pytest.mark.slow
def test_a_connection_that_is_kept_may_wait_between_requests(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        for pause in (2.5, 0):  # longer than a head may take
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1000).endswith(b"hello")
            time.sleep(pause)
