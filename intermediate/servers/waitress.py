"""Waitress, made to read strictly and to wait for no client without end (`strict.py`).

Waitress 3.0.2 is strict about numbers and chunks already, and about little else. An answer that its client does not
take ends, too: it holds a thread, which the clock of waitress overlooks.

`intermediate-app` serves with this; `use = egg:intermediate#main` in [server:main] lets pserve do so, too.
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
        request.error, request.completed = RequestTimeout("The request did not arrive in time. Try again."), True
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
