"""Waitress with strict parsing and with time limits for clients (`strict.py`).

Waitress 3.0.2 is already strict about numbers and chunks, but about little else. This also closes the connection of a
client that does not read its response, which blocks a thread and which the timeout of waitress misses.

`intermediate-app` uses it, and so does pserve with `use = egg:intermediate#main` in [server:main].
"""

import time
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.utilities import Error

from intermediate.servers.strict import BODY_RATE, BODY_SECONDS, HEAD_SECONDS, refuse_bytes, refuse_head
from intermediate.streams import end_on_signals


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class StrictParser(HTTPRequestParser):
    """A parser that refuses requests that RFC 9112 leaves ambiguous."""

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
            return int(super().received(data))  # part of the body
        head, found, _ = (self.header_plus + data).partition(b"\r\n\r\n")
        refused = refuse_bytes(head) or (refuse_head(head.lstrip(b"\r\n")) if found and head.strip() else None)
        if refused is None:
            consumed = int(super().received(data))
            if self.error:  # do not request the body of a refused request
                self.expect_continue = False
            return consumed
        self.parse_header(b"GET / HTTP/1.0\r\n")  # waitress also does this before an error response
        self.connection_close, self.error, self.completed = True, refused, True
        return len(data)  # discard the rest: it cannot be parsed as a request


class StrictChannel(HTTPChannel):
    """A connection with strict parsing, and with time limits for sending requests and for reading responses."""

    parser_class = StrictParser

    def readable(self) -> bool:
        """Enforce the time limits. Called for each connection about once a second."""
        if self.requests or self.total_outbufs_len:
            if self.request is not None:  # it is not read while the server is busy, so its time does not count
                self.request.began = time.monotonic()
            if self.total_outbufs_len and time.time() - self.last_activity > self.adj.channel_timeout:
                self._cut()
        elif self.request is not None and self.request.late():
            self._refuse(self.request)
        return bool(super().readable())

    def _cut(self) -> None:
        """Shut the socket down, which makes it writable: waitress closes only writable connections."""
        self.will_close = True
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)

    def _refuse(self, request: StrictParser) -> None:
        """Respond with 408, in the way `received` does for an invalid request."""
        request.error, request.completed = RequestTimeout("The request did not arrive in time. Try again."), True
        with self.requests_lock:
            self.request = None
            self.requests.append(request)
        self.server.add_task(self)


def make_server(app: Any, **options: Any) -> Any:
    """Return a waitress server with strict parsing."""
    listening: dict[int, Any] = {}
    server = create_server(app, map=listening, **options)
    for dispatcher in listening.values():
        if isinstance(dispatcher, BaseWSGIServer):
            dispatcher.channel_class = StrictChannel
    return server


def serve_paste(app: Any, _global_config: Any, **options: Any) -> int:
    """Serve under pserve, which calls this in the main thread."""
    server = make_server(app, **options)
    if hasattr(app, "registry"):  # not if `app` is wrapped in a filter
        end_on_signals(app.registry.streams)
    server.print_listen("Serving on http://{}:{}")
    server.run()
    return 0
