"""Waitress, and what it lets pass that must not: requests that two servers would read in two ways, and slow clients.

A proxy and a server that do not agree where a request ends can be made to take one client's bytes for another's
request. So whatever is ambiguous is refused with 400, and the connection is closed. Waitress 3.0.2 is strict about
numbers and chunks already, and about little else.

A byte now and then keeps waitress's own clock from running out, and holds a connection that nobody else can have open.
So a request has so much time, and more for what has come of its body, as with Apache's mod_reqtimeout. An answer that
its client does not take ends, too: it holds a thread, which the clock of waitress overlooks.

`intermediate-app` serves with this; `use = egg:intermediate#main` in [server:main] lets pserve do so, too.
"""

import re
import time
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.utilities import BadRequest, Error, RequestHeaderFieldsTooLarge

from intermediate.streams import end_on_signals

HEAD_SECONDS = 15
BODY_SECONDS = 30
BODY_RATE = 4096  # bytes per second, beyond that
MAX_HEADERS = 100
MAX_TARGET = 8192
ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization")

_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_BEGINS = re.compile(rb"(\r\n)*([A-Z]|\r?\Z)")
_FIRST_LINE = re.compile(rb"[A-Z]{1,32} (/[^ ]*|https?://[^ /?#]+(?:[/?][^ ]*)?|\*) HTTP/1\.([01])")
_AUTHORITY = re.compile(rb"https?://([^/?#]+)")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class TargetTooLong(Error):
    code = 414
    reason = "URI Too Long"


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class StrictParser(HTTPRequestParser):
    """Reads what RFC 9112 says in one way only."""

    completed: bool
    error: Error | None

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.began = time.monotonic()

    def late(self) -> bool:
        seconds = HEAD_SECONDS
        if self.headers_finished:
            seconds += BODY_SECONDS + self.body_bytes_received / BODY_RATE
        return time.monotonic() - self.began > seconds

    def received(self, data: bytes) -> int:
        if self.completed or self.body_rcv is not None:
            return int(super().received(data))  # its body
        head, found, _ = (self.header_plus + data).partition(b"\r\n\r\n")
        refused = refuse_bytes(head) or (refuse_head(head.lstrip(b"\r\n")) if found and head.strip() else None)
        if refused is None:
            consumed = int(super().received(data))
            if self.error:  # what is refused is not asked for
                self.expect_continue = False
            return consumed
        self.parse_header(b"GET / HTTP/1.0\r\n")  # what waitress too answers an error to
        self.connection_close, self.error, self.completed = True, refused, True
        return len(data)  # nothing behind it is a request


def refuse_bytes(head: bytes) -> Error | None:
    """What can be seen before the head has ended. Otherwise it would be waited for until the channel's end."""
    if not _BEGINS.match(head):
        return BadRequest("This is no HTTP request.")
    return BadRequest("A line ends with CR and LF.") if _LONE.search(head) else None


def refuse_head(head: bytes) -> Error | None:
    first, *lines = head.split(b"\r\n")
    target = first.split(b" ")[1:2]
    if target and len(target[0]) > MAX_TARGET:
        return TargetTooLong(f"An address may have {MAX_TARGET} bytes.")
    parsed = _FIRST_LINE.fullmatch(first)
    if parsed is None:
        return BadRequest("The first line is no request of HTTP/1.0 or HTTP/1.1.")
    if len(lines) > MAX_HEADERS:
        return RequestHeaderFieldsTooLarge(f"A request may have {MAX_HEADERS} headers.")
    return refuse_headers(lines, parsed[1], is_old=parsed[2] == b"0")


def refuse_headers(lines: list[bytes], target: bytes, *, is_old: bool) -> Error | None:
    if any(line.startswith((b" ", b"\t")) for line in lines):
        return BadRequest("A header may not go on in the next line.")
    headers = [(name.lower(), value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
    values = dict(headers)
    for name in ONCE:
        if sum(one == name for one, _ in headers) > 1:
            return BadRequest(f"{name.decode()} may come only once.")
    return refuse_host(values.get(b"host"), target, is_old) or refuse_framing(values, is_old)


def refuse_host(host: bytes | None, target: bytes, is_old: bool) -> Error | None:
    if host is None:
        return None if is_old else BadRequest("The header Host is missing.")
    if not _HOST.fullmatch(host):
        return BadRequest("The header Host holds no host.")
    absolute = _AUTHORITY.match(target)
    return BadRequest("The address names another host.") if absolute and absolute[1].lower() != host.lower() else None


def refuse_framing(values: dict[bytes, bytes], is_old: bool) -> Error | None:
    if b"transfer-encoding" not in values:
        return None
    if b"content-length" in values:
        return BadRequest("Content-Length and Transfer-Encoding exclude each other.")
    if is_old or b"," in values[b"transfer-encoding"]:
        return BadRequest("The only Transfer-Encoding is chunked, once, in HTTP/1.1.")
    return None


class StrictChannel(HTTPChannel):
    """A connection whose requests are read strictly, and on which neither side is waited for without end."""

    parser_class = StrictParser

    def readable(self) -> bool:
        """Asked for each connection about once a second."""
        if self.requests or self.total_outbufs_len:
            if self.request is not None:  # it is not read meanwhile, and waits for us
                self.request.began = time.monotonic()
            if self.total_outbufs_len and time.time() - self.last_activity > self.adj.channel_timeout:
                self._cut()
        elif self.request is not None and self.request.late():
            self._refuse(self.request)
        return bool(super().readable())

    def _cut(self) -> None:
        """Waitress closes what can be written to, which this can not before it is shut."""
        self.will_close = True
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)

    def _refuse(self, request: StrictParser) -> None:
        """As `received` does with a request that is wrong."""
        request.error, request.completed = RequestTimeout("It did not come in time. Try again."), True
        with self.requests_lock:
            self.request = None
            self.requests.append(request)
        self.server.add_task(self)


def make_server(app: Any, **options: Any) -> Any:
    """A waitress server that reads strictly."""
    listening: dict[int, Any] = {}
    server = create_server(app, map=listening, **options)
    for dispatcher in listening.values():
        if isinstance(dispatcher, BaseWSGIServer):
            dispatcher.channel_class = StrictChannel
    return server


def serve_paste(app: Any, _global_config: Any, **options: Any) -> int:
    """What pserve calls, in the main thread."""
    server = make_server(app, **options)
    if hasattr(app, "registry"):  # and no filter stands before it
        end_on_signals(app.registry.streams)
    server.print_listen("Serving on http://{}:{}")
    server.run()
    return 0
