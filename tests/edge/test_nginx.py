"""The stack at the edge: nginx with deploy/nginx.conf in front of gunicorn, tested with raw bytes."""

import gzip
import json
import select
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import update

from intermediate import accounts, ledger
from intermediate.cli.ini import application
from intermediate.logins import named_tokens
from intermediate.models import Job
from intermediate.models.base import utcnow
from intermediate.scripting import request_for
from tests.functional.conftest import new_email
from tests.rows import row
from tests.services import nginx, or_skip
from tests.services.nginx import Edge
from tests.serving import ROOT, Served, wait_until
from tests.wire import HOST, SMUGGLED, answered, connect, post

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Gunicorn, which trusts nginx."""
    served = Served(
        tmp_path_factory.mktemp("behind"),
        server="gunicorn",
        INTERMEDIATE_ALLOWED_HOSTS="localhost",
        INTERMEDIATE_SITE_TRUSTED_PROXIES="127.0.0.1",
    )
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture(scope="module")
def edge(behind: Served) -> Iterator[Edge]:
    with or_skip(nginx.before(behind.port)) as edge:
        yield edge


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes


def get(edge: Edge, path: str, **headers: str) -> Answer:
    asked = urllib.request.Request(f"http://localhost:{edge.port}{path}", headers=headers)
    try:
        answer: Any = urllib.request.urlopen(asked, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return Answer(answer.status, answer.headers, answer.read())


AMBIGUOUS = {
    "CL-TE": post(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "TE-CL": post(b"Transfer-Encoding: chunked", b"Content-Length: 4") + b"0\r\n\r\n",
    "TE-TE": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "TE-list": post(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    "TE-identity": post(b"Transfer-Encoding: identity, chunked") + b"0\r\n\r\n",
    "TE-1.0": post(b"Transfer-Encoding: chunked", version=b"1.0") + b"0\r\n\r\n",
    "TE-gzip": post(b"Transfer-Encoding: gzip") + b"0\r\n\r\n",
    "TE-tab": post(b"Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n",
    "TE-x": post(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "TE-bad-chunk": post(b"Transfer-Encoding: chunked") + b"0x0\r\n\r\n",
    "CL-CL": post(b"Content-Length: 0", b"Content-Length: 4"),
    "CL-list": post(b"Content-Length: 0, 4"),
    "CL-plus": post(b"Content-Length: +4"),
    "no-host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
}


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=[f"H3-{name}" for name in AMBIGUOUS])
@pytest.mark.parametrize("past", [False, True], ids=["through", "past"])
def test_what_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_answered(
    edge: Edge, behind: Served, request_: bytes, past: bool
) -> None:
    statuses, _ = answered(behind.port if past else edge.port, request_ + SMUGGLED)
    assert len(statuses) == 1
    assert statuses[0] in (400, 501)


HIDDEN = {
    "TE-space": post(b"Transfer-Encoding : chunked", b"Content-Length: 5") + b"0\r\n\r\n",
    "TE-underscore": post(b"Transfer_Encoding: chunked", b"Content-Length: 5") + b"0\r\n\r\n",
    "CL-underscore": post(b"Content_Length: 500", b"Content-Length: 5") + b"0\r\n\r\n",
}


@pytest.mark.parametrize("request_", HIDDEN.values(), ids=[f"H3-{name}" for name in HIDDEN])
def test_what_only_looks_like_a_length_is_none(edge: Edge, request_: bytes) -> None:
    """The header is refused or dropped, and the two requests stay two."""
    closing = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    statuses, _ = answered(edge.port, request_ + closing)
    assert statuses in ([400], [401, 200], [415, 200])


NO_HTTP = {
    "bad-host": b"GET /livez HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n",
    "lone-CR": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
    "version-2": b"GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "lower-case": b"get /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no-slash": b"GET livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "connect": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "nul": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
    "fold": b"GET /livez HTTP/1.1\r\nHost: localhost\r\n X: b\r\n\r\n",
}


@pytest.mark.parametrize("request_", NO_HTTP.values(), ids=[f"H7-{name}" for name in NO_HTTP])
@pytest.mark.parametrize("past", [False, True], ids=["through", "past"])
def test_what_is_no_http_is_refused(edge: Edge, behind: Served, request_: bytes, past: bool) -> None:
    statuses, _ = answered(behind.port if past else edge.port, request_)
    assert len(statuses) == 1
    assert statuses[0] in (400, 405, 505)


@row("H7-tls")
def test_a_tls_hello_on_the_plain_port_is_refused(edge: Edge) -> None:
    assert answered(edge.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")[0] in ([400], [])


BEGUN = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", post(b"Content-Length: 5000", b"Content-Type: text/csv")]


@row("F44-through")
def test_a_hundred_slow_clients_keep_nobody_waiting(behind: Served) -> None:
    with or_skip(nginx.before(behind.port, patience=300)) as edge, ExitStack() as stack:
        slow = [stack.enter_context(connect(edge.port)) for _ in range(100)]
        for number, client in enumerate(slow):
            client.sendall(BEGUN[number % 2])
        assert {get(edge, "/livez").status for _ in range(20)} == {200}
        assert select.select(slow, [], [], 0)[0] == []  # none was closed to make room


@row("F44-given-up")
def test_a_client_that_never_comes_to_the_end_of_its_head_is_given_up(edge: Edge) -> None:
    limit, ended = float(nginx.directive("client_header_timeout").removesuffix("s")), threading.Event()
    with connect(edge.port) as slow:
        slow.sendall(BEGUN[0])

        def drip() -> None:
            while not ended.wait(1):
                with suppress(OSError):
                    slow.sendall(b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            slow.settimeout(limit + 30)
            with suppress(ConnectionError):
                found = slow.recv(1000)
                assert found == b"" or b" 408 " in found
        finally:
            ended.set()
            dripping.join()


@row("H5-edge")
def test_what_a_client_says_of_itself_is_not_passed_on(edge: Edge, behind: Served) -> None:
    said = (
        b"X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: evil.example\r\n"
        b"X_Forwarded_Proto: https\r\nX-Forwarded-Ssl: on\r\nForwarded: proto=https\r\n"
    )
    statuses, found = answered(edge.port, b"GET /notes HTTP/1.0\r\n" + HOST + said + b"\r\n")
    assert statuses == [303]
    assert b"Strict-Transport-Security" not in found
    assert b"evil.example" not in found


def test_a_request_id_is_kept_or_made_at_the_edge_and_is_the_applications(edge: Edge, behind: Served) -> None:
    assert get(edge, "/livez", **{"X-Request-ID": "given-at-the-edge"}).headers["X-Request-ID"] == "given-at-the-edge"
    made = get(edge, "/livez", **{"X-Request-ID": "not good"}).headers["X-Request-ID"]
    assert len(made) == 32
    for log in (edge.folder / "access.log", behind.log):
        wait_until(lambda log=log: {"given-at-the-edge", made} <= ids(log))  # type: ignore[misc]


def ids(log: Path) -> set[str]:
    return {json.loads(line)["request_id"] for line in log.read_text().splitlines() if line.startswith("{")}


@pytest.fixture(params=["1.1", "1.0"])
def speaking(request: pytest.FixtureRequest, behind: Served) -> Iterator[Edge]:
    """nginx that sends requests with this version of HTTP.

    With 1.0, the default of older versions, responses are not chunked, and only X-Accel-Buffering turns buffering off.
    """
    with or_skip(nginx.before(behind.port, http=request.param)) as edge:
        yield edge


def test_events_are_passed_on_as_they_come(speaking: Edge, behind: Served) -> None:
    with (
        application(behind.ini, INTERMEDIATE_DATABASE_URL=behind.database_url) as app,
        request_for(app.registry) as request,
    ):
        owner = accounts.create(request.db, new_email(), None).id
        token = named_tokens.make(request.db, owner, "a program", None)
        job_id = ledger.add(request.db, "never-begun", owner, {}, "asked-for")
        # Due later, so that no thread of the server runs it.
        request.db.execute(update(Job).values(run_at=utcnow() + timedelta(hours=1)))
    head = f"GET /api/jobs/{job_id}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    with connect(speaking.port) as client:
        client.sendall(head.encode())
        client.settimeout(15)  # a stream lasts half a minute; buffered data would arrive at its end
        found = b""
        while b"event: job" not in found or b"\n:\n\n" not in found:
            found += client.recv(65536)
    assert b"200 OK" in found


def test_the_token_of_a_reset_link_is_in_no_log(tmp_path: Path) -> None:
    """Neither in nginx's logs, whose errors contain whole URLs, nor in the application's."""
    served = Served(tmp_path, server="gunicorn")
    with or_skip(nginx.before(served.port)) as edge:
        try:
            served.start()
            assert get(edge, "/auth/reset?token=a-planted-token").status == 404
        finally:
            served.stop()
        assert get(edge, "/auth/reset?token=a-planted-token").status == 503
        assert get(edge, "/auth/login?token=not-a-secret").status == 503
        logs = {path.name: path.read_text() for path in (served.log, *edge.folder.glob("*log"))}
    assert [name for name, text in logs.items() if "a-planted-token" in text] == []
    assert "/auth/reset" in logs["served.log"]
    assert "/auth/reset" in logs["access.log"]
    assert any("not-a-secret" in text for text in logs.values())  # errors of nginx, so its log is included


def test_metrics_are_not_for_the_world(edge: Edge) -> None:
    assert get(edge, "/metrics").status == 404


def test_what_programs_read_is_compressed_and_pages_are_left_to_the_application(edge: Edge) -> None:
    answer = get(edge, "/openapi.json", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.body))["openapi"].startswith("3.1")
    assert get(edge, "/auth/login", **{"Accept-Encoding": "gzip"}).headers["Content-Encoding"] is None


@row("B1-edge")
def test_a_body_that_is_too_large_ends_at_the_edge(edge: Edge) -> None:
    large = post(b"Content-Type: application/json", b"Content-Length: %d" % (20608 * 1024 + 1))
    statuses, answer = answered(edge.port, large)
    assert (statuses, b"20 MiB at most" in answer) == ([413], True)


@row("B1-through")
def test_a_body_that_the_application_refuses_unread_is_answered(edge: Edge, behind: Served) -> None:
    size = 8_000_000
    large = post(b"Content-Type: application/json", b"Content-Length: %d" % size, b"Connection: close") + b"x" * size
    for port in (edge.port, behind.port):
        assert answered(port, large)[0] == [413]


def test_without_the_application_it_says_when_to_come_again(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with or_skip(nginx.before(nobody.getsockname()[1])) as edge:
            answer = get(edge, "/notes")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_with_a_certificate_it_speaks_https_and_the_application_knows(behind: Served, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*words, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    with or_skip(nginx.before(behind.port, certificate=(certificate.read_text(), key.read_text()))) as edge:
        statuses, found = answered(edge.port, b"GET /notes HTTP/1.0\r\n" + HOST + b"\r\n")
        assert statuses == [308]
        assert b"Location: https://localhost/notes" in found
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(f"https://localhost:{edge.tls_port}/livez", context=context, timeout=20) as answer:
            assert answer.headers["Strict-Transport-Security"]


def test_the_limits_of_both_are_one() -> None:
    kib = int(nginx.directive("client_max_body_size").removesuffix("k"))
    assert f"max_request_body_size = {kib * 1024}\n" in (ROOT / "production.ini").read_text()
