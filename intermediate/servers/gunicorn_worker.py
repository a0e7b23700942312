"""Gunicorn's threaded worker, with a shutdown that breaks no connection, and with limits and checks on requests.

On shutdown, gunicorn 27.0 stops accepting connections but keeps its listening socket open until the last request is
complete. Clients that connect in the meantime wait and are then reset. This worker serves the clients that have
connected and closes the socket, so that later ones are refused at once and a proxy or client can go elsewhere.
"""

import select
import time
from errno import EPIPE
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from gunicorn import util
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import ThreadWorker

from intermediate.servers.strict import BODY_RATE, BODY_SECONDS, HEAD_SECONDS, refuse_head

SEND_SECONDS = 30
AT_ONCE_MS = 2
IN_MEMORY = 512 * 1024
PIECE = 64 * 1024
Refusal = tuple[HTTPStatus, str]


class ClientSocket:
    """A client's socket with the timeouts of `strict.py`, because gunicorn has none.

    The head of a response is sent together with the start of its body: sent separately, it would wake the client twice.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._holding, self._held = False, b""
        self.begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def begin(self) -> None:
        """Start the timeout of the next request."""
        self._deadline = time.monotonic() + HEAD_SECONDS

    def await_body(self) -> None:
        self._deadline += BODY_SECONDS

    def recv(self, size: int) -> bytes:
        self._sock.settimeout(max(self._deadline - time.monotonic(), 0.001))
        try:
            data: bytes = self._sock.recv(size)
        except TimeoutError:
            raise NoMoreData from None
        self._deadline += len(data) / BODY_RATE
        return data

    def hold(self) -> None:
        """Hold back what is sent next, the head of a response, until more follows."""
        self._holding = True

    def release(self) -> None:
        """Send what was held back."""
        self._holding = False
        if self._held:
            self.sendall(b"")

    def sendall(self, data: bytes) -> None:
        if self._holding:
            self._holding, self._held = False, data
            return
        held, self._held = self._held, b""
        self._send(self._sock.sendall, held + data)

    def sendfile(self, *args: Any, **kwargs: Any) -> None:
        self.release()
        self._send(self._sock.sendfile, *args, **kwargs)

    def _send(self, send: Any, *args: Any, **kwargs: Any) -> None:
        self._sock.settimeout(SEND_SECONDS)
        try:
            send(*args, **kwargs)
        except TimeoutError:
            raise BrokenPipeError(EPIPE, "The client does not take its answer.") from None


class Worker(ThreadWorker):
    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._take_all(listener)
                listener.close()

    def _take_all(self, listener: Any) -> None:
        """Accept all clients that have already connected, so that they are served."""
        before = -1
        while self.nr_conns != before:
            before = self.nr_conns
            self.accept(listener)

    def handle(self, conn: Any) -> Any:
        """Handle a request, and further ones that its client sends at once.

        Passing the connection to the main thread and back would take two thread switches and several system calls.
        """
        kept = self._handle_one(conn)
        while kept is True and self.alive and self.tpool._work_queue.empty() and asks_again(conn):
            kept = self._handle_one(conn)
        return kept

    def _handle_one(self, conn: Any) -> Any:
        if isinstance(conn.sock, ClientSocket):
            conn.sock.begin()
        else:
            conn.sock = ClientSocket(conn.sock)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> bool:
        most = self.cfg.max_request_body_size
        if self.wsgi.registry.draining.is_set():  # so that the next request goes to another server
            req.force_close()
        conn.sock.await_body()
        refused = refuse_ambiguous(req) or refuse_length(req, most) or receive_chunks(req, conn.sock, most)
        if refused is None:
            conn.sock.hold()
            try:
                kept = bool(super().handle_request(req, conn))
            finally:
                conn.sock.release()
            read_on(req)
            return kept
        status, why = refused
        self.log.warning("Refused request: %s", why)
        util.write_error(conn.sock, status.value, status.phrase, why)
        return False


def asks_again(conn: Any) -> bool:
    """Return whether the next request arrives, or the client disconnects, within a wait too short to matter."""
    if conn.parser.unreader.buf.getvalue():  # it arrived together with the last one
        return True
    readable = select.poll()
    readable.register(conn.sock, select.POLLIN)
    return bool(readable.poll(AT_ONCE_MS))


def refuse_ambiguous(req: Any) -> Refusal | None:
    """Refuse what gunicorn accepts but another server may parse differently, by the same rules as for waitress."""
    version = ".".join(map(str, req.version))
    lines = [f"{req.method} {req.uri} HTTP/{version}", *(f"{name}: {value}" for name, value in req.headers)]
    refused = refuse_head("\r\n".join(lines).encode("latin-1"))
    return refused and (HTTPStatus(refused.code), str(refused.body))


def refuse_length(req: Any, most: int) -> Refusal | None:
    """Refuse a Content-Length of `most` or more, before the body is requested or read."""
    length = dict(req.headers).get("CONTENT-LENGTH", "0")
    return too_large(most) if int(length) >= most else None


def receive_chunks(req: Any, sock: Any, most: int) -> Refusal | None:
    """Read a chunked body to its end, so that the application gets a Content-Length for each body, as with waitress."""
    if not isinstance(req.body.reader, ChunkedReader):
        return None
    if req._expected_100_continue:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        req._expected_100_continue = False
    body = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  it belongs to the request and ends with it
    size = 0
    while piece := req.body.read(PIECE):
        size += len(piece)
        if size >= most:
            return too_large(most)
        body.write(piece)
    body.seek(0)
    req.body = body
    req.headers = [header for header in req.headers if header[0] != "TRANSFER-ENCODING"]
    req.headers.append(("CONTENT-LENGTH", str(size)))
    return None


def read_on(req: Any) -> None:
    """Read the rest of the body: a client that still sends when the connection closes is reset, without a response."""
    while not getattr(req.body, "failed", False) and req.body.read(PIECE):
        pass


def too_large(most: int) -> Refusal:
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request body must be smaller than {most} bytes."
