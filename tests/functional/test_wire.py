"""The rows of the attack table that only an HTTP server can receive, sent as raw bytes to a separate server."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.rows import row
from tests.serving import Served, wait_until
from tests.wire import HOST, SMUGGLED, STATUS, answered, connect, post

pytestmark = [pytest.mark.served_only, pytest.mark.slow]

MAX_BODY = 21102592  # for imports; the application refuses it for other requests


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("wire"), INTERMEDIATE_ALLOWED_HOSTS="localhost")
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (post(b"Transfer-Encoding: chunked", b"Content-Length: 4") + b"0\r\n\r\n", 400),
        (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (post(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n", 400),
        (post(b"Transfer-Encoding: chunked", version=b"1.0") + b"0\r\n\r\n", 400),
        (post(b"Transfer-Encoding: gzip") + b"0\r\n\r\n", 501 if Served.server == "waitress" else 400),
        (post(b"Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n", 400),
        (post(b"Content-Length: 0", b"Content-Length: 4"), 400),
        (post(b"Content-Length: 4", b"Content-Length: 4"), 400),
        (post(b"Content-Length: 0, 4"), 400),
        (post(b"Content-Length: +4"), 400),
        (post(b"Content-Length : 4"), 400),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: <script>\r\n\r\n", 400),
        (b"GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ],
)
@row("H3")
def test_what_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_answered(
    server: Served, request_: bytes, status: int
) -> None:
    assert answered(server.port, request_ + SMUGGLED)[0] == [status]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /livez HTTP/1.1\nHost: localhost\n\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        b"GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"GET /livez HTTP/1.2\r\nHost: localhost\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"get /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
    ],
)
@row("H7")
def test_what_is_no_http_is_refused_at_once(server: Served, request_: bytes) -> None:
    assert answered(server.port, request_)[0] == [400]


@pytest.mark.parametrize(
    "request_", [b"GET /livez HTTP/1.1\rHost: localhost\r\r", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
)
@row("H7")
def test_what_has_no_end_is_not_answered_as_a_request(server: Served, request_: bytes) -> None:
    """Waitress refuses it at once because it is not HTTP, gunicorn when the time for a head has passed."""
    assert answered(server.port, request_)[0] == ([400] if server.server == "waitress" else [])


@row("H7")
def test_an_old_client_and_an_empty_line_before_a_request_are_served(server: Served) -> None:
    assert answered(server.port, b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")[0] == [200]
    closing = b"\r\nGET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert answered(server.port, closing)[0] == [200]


@row("H1")
def test_trace_is_not_answered_with_what_was_sent(server: Served) -> None:
    statuses, found = answered(server.port, b"TRACE / HTTP/1.0\r\nHost: localhost\r\nX-Secret: jelly-bean\r\n\r\n")
    assert statuses == [405]
    assert b"jelly-bean" not in found


@row("H4")
def test_another_host_is_refused(server: Served) -> None:
    statuses, found = answered(server.port, b"GET /auth/login HTTP/1.0\r\nHost: evil.example\r\n\r\n")
    assert statuses == [400]
    assert b"evil.example" not in found


@row("H5")
def test_what_an_untrusted_peer_forwards_is_not_believed(server: Served) -> None:
    forwarded = (
        b"X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nForwarded: proto=https;host=evil.example\r\n"
        b"X_Forwarded_Proto: https\r\n"
    )
    statuses, found = answered(server.port, b"GET /notes HTTP/1.0\r\n" + HOST + forwarded + b"\r\n")
    assert statuses == [303]
    assert b"Strict-Transport-Security" not in found
    assert b"evil.example" not in found


@row("H6")
def test_headers_are_bounded(server: Served) -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(200))
    large = b"X: " + b"y" * 16384 + b"\r\n"
    for headers in (many, large):
        assert answered(server.port, b"GET /livez HTTP/1.1\r\n" + HOST + headers + b"\r\n")[0] == [431]
    fits = b"X: " + b"y" * 8000 + b"\r\n"
    assert answered(server.port, b"GET /livez HTTP/1.0\r\n" + HOST + fits + b"\r\n")[0] == [200]


@row("H8")
def test_pipelined_requests_are_answered_in_order(server: Served) -> None:
    each = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: number-%d\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    statuses, found = answered(server.port, b"".join(each % number for number in range(100)) + last)
    assert statuses == [200] * 101
    assert re.findall(rb"(?i)X-Request-ID: number-(\d+)", found) == [b"%d" % number for number in range(100)]


@row("H10")
def test_addresses_are_bounded(server: Served) -> None:
    for query in (b"q=" + b"x" * 8192, b"&".join(b"a%d=1" % number for number in range(1500))):
        assert answered(server.port, b"GET /api/tasks?" + query + b" HTTP/1.1\r\n" + HOST + b"\r\n")[0] == [414]


@row("H11")
def test_a_client_that_leaves_harms_nobody(server: Served) -> None:
    with connect(server.port) as client:
        client.sendall(post(b"Content-Type: application/json", b"Content-Length: 5000") + b'{"title":')
    for _ in range(20):
        with connect(server.port) as client:
            client.sendall(b"GET /static/site.css HTTP/1.1\r\n" + HOST + b"\r\n")
            client.recv(10)
    wait_until(lambda: answered(server.port, b"GET /livez HTTP/1.0\r\n" + HOST + b"\r\n")[0] == [200])
    assert "Traceback" not in server.log.read_text()


@row("B1")
def test_a_body_that_is_too_large_is_cut_off(server: Served) -> None:
    announced = post(b"Content-Type: application/json", b"Content-Length: %d" % MAX_BODY)
    assert answered(server.port, announced)[0] == [413]
    chunk = b"%x\r\n" % 65536 + b"x" * 65536 + b"\r\n"
    with connect(server.port) as client:
        client.sendall(post(b"Content-Type: application/json", b"Transfer-Encoding: chunked"))
        try:
            for _ in range(2 * MAX_BODY // 65536):
                client.sendall(chunk)
            found = client.recv(65536)
        except ConnectionError:  # the server closed the connection before everything was sent
            found = b""
    assert [int(status) for status in STATUS.findall(found)] in ([413], [])


@row("B1")
def test_a_body_of_another_length_than_it_says_is_no_second_request(server: Served) -> None:
    body = b'{"title": "x"}'
    longer = post(b"Content-Type: application/json", b"Content-Length: %d" % len(body)) + body + b"more"
    statuses, _ = answered(server.port, longer + b"\r\n\r\n")
    assert statuses == [401, 400]


@row("B8")
def test_what_would_be_too_large_is_not_asked_for(server: Served) -> None:
    expects = post(b"Content-Type: application/json", b"Content-Length: %d" % MAX_BODY, b"Expect: 100-continue")
    assert answered(server.port, expects)[0] == [413]
    with connect(server.port) as client:
        client.sendall(post(b"Content-Type: application/json", b"Content-Length: 2", b"Expect: 100-continue"))
        found = [client.recv(65536)]
        assert STATUS.findall(found[0])[0] == b"100"
        client.sendall(b"{}")
        while STATUS.findall(b"".join(found)) != [b"100", b"401"]:
            found.append(client.recv(65536))
            assert found[-1]


@row("I7")
def test_what_a_client_sends_is_one_line_of_the_log_each(server: Served) -> None:
    agents = {b"\x1b[31m": 400, b'{"level":"ERROR"}': 200, b"x" * 12000: 200}
    for agent, status in agents.items():
        request = b"GET /livez HTTP/1.0\r\n" + HOST + b"User-Agent: " + agent + b"\r\n\r\n"
        assert answered(server.port, request)[0] == [status]
    assert answered(server.port, b"GET /a%0a%7b%22level%22:1%7d%1b HTTP/1.0\r\n" + HOST + b"\r\n")[0] == [404]
    said = [line for line in server.log.read_text().splitlines() if "a\\n" in line or "livez" in line]
    assert said
    assert {json.loads(line)["logger"] for line in said} <= {"intermediate.access", "gunicorn.error"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/%00", 400),
        (b"/api/tasks/%00", 400),
        (b"/notes/1%00", 400),
        (b"/static/site.css%00", 400),
        (b"/api/\0", 400),
        (b"/auth/login?next=%00", 200),
    ],
)
@row("U1")
def test_a_nul_of_an_address_is_refused(server: Served, path: bytes, status: int) -> None:
    assert answered(server.port, b"GET " + path + b" HTTP/1.0\r\n" + HOST + b"\r\n")[0] == [status]
