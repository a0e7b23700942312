"""A client's socket under gunicorn: for how long it is waited for, and in how many pieces an answer goes out."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from gunicorn.http.errors import NoMoreData

from intermediate.servers import gunicorn_worker
from intermediate.servers.gunicorn_worker import ClientSocket

ENOUGH = 5.0  # seconds after which nobody was given up
Pair = tuple[ClientSocket, socket.socket]


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """The server's end, which waits 0.3 s for a head, and the client's."""
    monkeypatch.setattr(gunicorn_worker, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(gunicorn_worker, "BODY_SECONDS", 0.6)
    monkeypatch.setattr(gunicorn_worker, "SEND_SECONDS", 0.3)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ClientSocket(ours), theirs


def dripped(pair: Pair) -> float:
    """For how long a client is listened to that sends a byte now and then."""
    ours, theirs = pair
    enough = threading.Event()

    def drip() -> None:
        while not enough.wait(0.05):
            theirs.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    began = time.monotonic()
    try:
        while time.monotonic() < began + ENOUGH:
            ours.recv(100)
    except NoMoreData:
        return time.monotonic() - began
    finally:
        enough.set()
        dripping.join()
    raise AssertionError("It was listened to without end.")


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(pair: Pair) -> None:
    assert 0.2 < dripped(pair) < ENOUGH


def test_a_body_has_more_time_and_each_request_has_its_own(pair: Pair) -> None:
    pair[0].begin()
    pair[0].await_body()
    assert 0.8 < dripped(pair) < ENOUGH
    pair[0].begin()
    pair[1].sendall(b"next")
    assert pair[0].recv(100)


def test_a_client_that_does_not_take_its_answer_is_given_up(pair: Pair) -> None:
    with pytest.raises(BrokenPipeError):
        pair[0].sendall(b"x" * 10_000_000)


def test_a_head_goes_out_with_the_first_of_its_body(pair: Pair) -> None:
    ours, theirs = pair
    theirs.setblocking(False)
    ours.hold()
    ours.sendall(b"head ")
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    ours.sendall(b"body ")
    assert theirs.recv(100) == b"head body "
    ours.sendall(b"and more")
    ours.release()
    assert theirs.recv(100) == b"and more"


def test_a_head_without_a_body_goes_out_at_the_end(pair: Pair) -> None:
    ours, theirs = pair
    theirs.setblocking(False)
    ours.hold()
    ours.sendall(b"head")
    ours.release()
    assert theirs.recv(100) == b"head"
