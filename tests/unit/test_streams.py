"""Server-sent events of a job, from a real server: few, short, and ended with their client, login and server."""

import gc
import http.client
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, update
from waitress.server import create_server
from webtest import TestApp

from intermediate import accounts, ledger
from intermediate.leases import Claim, Leases
from intermediate.logins import named_tokens
from intermediate.models import LoginSession, User
from intermediate.scripting import request_for
from intermediate.sections import Api as ApiSettings
from intermediate.streams import JobEvents, Streams
from tests.rows import row
from tests.serving import threaded, wait_until
from tests.unit.conftest import MakeApp

pytestmark = pytest.mark.slow
SECONDS = 30  # half the duration of a stream here


@dataclass
class Event:
    name: str
    id: str
    document: dict[str, Any]


class Stream:
    """A client of one event stream, which reads it as a browser does."""

    def __init__(self, port: int, token: str, job_id: int, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        given = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        self.connection.request("GET", f"/api/jobs/{job_id}/events", headers=given)
        self.answer = self.connection.getresponse()
        self.comments = 0
        self.retries: list[int] = []

    def lines(self) -> Iterator[str]:
        deadline = time.monotonic() + SECONDS
        while line := self.answer.readline():
            assert time.monotonic() < deadline, f"neither an event nor the end within {SECONDS} s"
            yield line.decode().removesuffix("\n")

    def next(self) -> Event | None:
        """Return the next event, or None if the stream ends regularly before one arrives."""
        fields: dict[str, str] = {}
        for line in self.lines():
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                self.comments += 1
            elif name == "retry":
                self.retries.append(int(value))
            elif line:
                fields[name] = value
            elif fields:
                return Event(fields["event"], fields["id"], json.loads(fields["data"]))
        return None

    def leave(self) -> None:
        """Close the socket, as a browser does when the page is left."""
        self.answer.close()
        self.connection.close()


class Place:
    """A served application whose queue runs no jobs, a user, and a job of theirs."""

    def __init__(self, registry: Any, port: int) -> None:
        self.registry, self.port = registry, port
        self.leases = Leases(registry.engine, registry.app_settings.jobs)
        self.owner, self.token = self.somebody("owner@example.com")
        self.job_id = self.job(self.owner)
        self.streams: list[Stream] = []

    def somebody(self, email: str) -> tuple[int, str]:
        with request_for(self.registry) as request:
            user_id = accounts.create(request.db, email, None).id
            return user_id, named_tokens.make(request.db, user_id, "a program", None)

    def job(self, owner: int) -> int:
        with request_for(self.registry) as request:
            return ledger.add(request.db, "task-report", owner, {}, "asked-for")

    def claim(self) -> Claim:
        claim = self.leases.claim(self.job_id)
        assert claim
        return claim

    def stream(self, token: str = "", **headers: str) -> Stream:
        self.streams.append(Stream(self.port, token or self.token, self.job_id, **headers))
        return self.streams[-1]

    def execute(self, statement: Any) -> None:
        with request_for(self.registry) as request:
            request.db.execute(statement)

    def nobody_streams(self) -> bool:
        return self.registry.streams.count() == 0


@pytest.fixture
def make_place(make_registry: MakeApp) -> Iterator[Any]:
    running = []

    def make(lookahead: int = 1, **settings: str) -> Place:
        registry = make_registry(jobs__local__threads="0", **settings)
        options = {"port": 0, "threads": 8, "channel_request_lookahead": lookahead}
        server = threaded(create_server(registry.app, host="127.0.0.1", **options))
        place = Place(registry, server.__enter__())
        running.append((place, server))
        return place

    yield make
    for place, server in running:
        for stream in place.streams:
            stream.leave()
        place.registry.streams.close()
        server.__exit__(None, None, None)


@pytest.fixture
def place(make_place: Any) -> Place:
    return make_place(api__event_stream_seconds="60")


def test_a_stream_tells_each_state_and_ends_with_the_last(place: Place) -> None:
    stream = place.stream()
    assert stream.answer.status == 200
    headers = {name.lower(): value for name, value in stream.answer.getheaders()}
    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    first = stream.next()
    assert first
    assert (first.name, first.document["status"]) == ("job", "queued")
    claim = place.claim()
    running = stream.next()
    assert running
    assert (running.document["status"], running.document["progress"]) == ("running", 0)
    claim.progress(45)
    further = stream.next()
    assert further
    assert further.document["progress"] == 45
    place.leases.finish(claim)
    last = stream.next()
    assert last
    assert (last.name, last.document["status"]) == ("end", "finished")
    assert stream.next() is None
    assert stream.retries == [2000, 60_000]
    wait_until(place.nobody_streams)


def test_a_client_that_comes_back_is_told_only_what_it_does_not_know(place: Place) -> None:
    stream = place.stream()
    known = stream.next()
    stream.leave()
    assert known
    again = place.stream(Last_Event_ID=known.id)
    place.leases.finish(place.claim())
    seen = []
    while event := again.next():
        seen.append(event)
    assert seen[-1].document["status"] == "finished"
    assert known.id not in [event.id for event in seen]
    over = place.stream(Last_Event_ID=seen[-1].id)
    assert over.next() is None
    assert over.retries == [2000, 60_000]


@pytest.mark.parametrize("odd", ["", "0", "1-queued", "\xff" * 900, "a: b"])
def test_an_odd_last_event_id_is_no_known_state(place: Place, odd: str) -> None:
    event = place.stream(Last_Event_ID=odd).next()
    assert event
    assert event.document["status"] == "queued"


def test_a_stream_ends_when_its_time_is_up_and_lives_by_heartbeats(make_place: Any) -> None:
    place = make_place(api__event_stream_seconds="5")
    stream = place.stream()
    assert stream.next()
    assert stream.next() is None
    assert stream.comments >= 1
    wait_until(place.nobody_streams)


@row("F45")
def test_beyond_the_places_of_one_and_of_all_a_stream_is_503(place: Place) -> None:
    _, other = place.somebody("other@example.com")
    (_, admin), (_, boss) = place.somebody("admin@example.com"), place.somebody("boss@example.com")
    place.execute(update(User).where(User.email.in_(["admin@example.com", "boss@example.com"])).values(role="admin"))
    mine = [place.stream(), place.stream()]
    third = place.stream()
    assert (third.answer.status, third.answer.headers["Retry-After"]) == (503, "5")
    assert json.loads(third.answer.read())["code"] == "too_many_streams"
    assert place.stream(other).answer.status == 404
    assert [place.stream(admin).answer.status for _ in range(2)] == [200, 200]
    assert place.stream(boss).answer.status == 503
    polled = TestApp(place.registry.app).get(
        f"/api/jobs/{place.job_id}", headers={"Authorization": f"Bearer {place.token}"}
    )
    assert polled.json["status"] == "queued"
    for stream in mine:
        stream.leave()
    wait_until(lambda: place.registry.streams.count() == 2)
    assert place.stream().answer.status == 200


@pytest.mark.parametrize("lookahead", [0, 1], ids=["seen by writing", "seen by reading"])
@row("H11")
def test_a_client_that_leaves_gives_its_thread_back_before_the_stream_is_over(make_place: Any, lookahead: int) -> None:
    place = make_place(lookahead, api__event_stream_seconds="60")
    stream = place.stream()
    assert stream.next()
    assert place.registry.streams.count() == 1
    stream.leave()
    wait_until(place.nobody_streams)


@pytest.mark.parametrize(
    "statement",
    [delete(LoginSession), update(User).values(is_active=False), delete(User)],
    ids=["logged out", "switched off", "deleted"],
)
def test_a_stream_ends_with_the_login(place: Place, statement: Any) -> None:
    stream = place.stream()
    assert stream.next()
    place.execute(statement)
    assert stream.next() is None
    wait_until(place.nobody_streams)


def test_between_its_looks_a_stream_holds_no_connection(place: Place) -> None:
    stream = place.stream()
    assert stream.next()
    wait_until(lambda: place.registry.engine.pool.checkedout() == 0)
    assert place.registry.streams.count() == 1


def test_a_stream_does_not_hold_up_the_end_of_the_application(place: Place) -> None:
    stream = place.stream()
    assert stream.next()
    place.registry.streams.close()
    assert stream.next() is None
    assert place.stream().next()  # a stream that opens at this moment gets the state, and ends


def test_an_answer_that_nobody_reads_gives_its_place_back(registry: Any, owner: int) -> None:
    streams = Streams(ApiSettings.model_validate({"event_streams": 1}))
    for _ in range(3):
        events = JobEvents(registry.engine, streams, owner, 1, last_id="", allowed=lambda: True, gone=lambda: False)
        assert not streams.take(owner)
        del events
        gc.collect()
    assert streams.count() == 0


def test_a_socket_that_says_nothing_more_is_no_reason_to_crash(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", place.port)) as raw:
        path = f"/api/jobs/{place.job_id}/events"
        raw.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {place.token}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.0 200")
    wait_until(place.nobody_streams)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
