"""Client sockets under gunicorn: their timeouts, and the number of writes per response."""

import socket
from collections.abc import Iterator

import pytest
from gunicorn.http.errors import NoMoreData

from intermediate.servers import gunicorn_worker
from intermediate.servers.gunicorn_worker import ClientSocket
from tests.clock import Clock, set_clock

HEAD, BODY, RATE = 30, 60, 10  # seconds, seconds, and bytes per second
Pair = tuple[ClientSocket, socket.socket]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_clock(monkeypatch, gunicorn_worker)


@pytest.fixture
def pair(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """The sockets of the server and of the client."""
    monkeypatch.setattr(gunicorn_worker, "HEAD_SECONDS", HEAD)
    monkeypatch.setattr(gunicorn_worker, "BODY_SECONDS", BODY)
    monkeypatch.setattr(gunicorn_worker, "BODY_RATE", RATE)
    monkeypatch.setattr(gunicorn_worker, "SEND_SECONDS", 0.3)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ClientSocket(ours), theirs


def waits(pair: Pair) -> float:
    """Return the timeout, in seconds, with which the received byte was read."""
    ours, theirs = pair
    theirs.sendall(b"x")
    assert ours.recv(100) == b"x"
    return float(ours.gettimeout())


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(pair: Pair, clock: Clock) -> None:
    assert waits(pair) == HEAD
    clock.now += HEAD - 10
    assert waits(pair) == pytest.approx(10 + 1 / RATE)
    clock.now += 11
    with pytest.raises(NoMoreData):
        pair[0].recv(100)


def test_a_body_has_more_time_and_each_request_has_its_own(pair: Pair, clock: Clock) -> None:
    ours, _theirs = pair
    clock.now += 10
    ours.await_body()
    assert waits(pair) == HEAD + BODY - 10
    clock.now += HEAD + BODY
    with pytest.raises(NoMoreData):
        ours.recv(100)
    ours.begin()
    assert waits(pair) == HEAD


def test_a_large_body_has_the_time_that_it_takes(pair: Pair, clock: Clock) -> None:
    ours, theirs = pair
    theirs.sendall(b"x" * 100 * RATE)
    ours.recv(100 * RATE)
    clock.now += 100
    assert waits(pair) == HEAD


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
