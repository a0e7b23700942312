"""Gunicorn's process with threads, made to break no connection when it ends, and to bound and check what it reads.

Gunicorn 27.0 stops taking connections when it is told to end, but leaves its listening socket open until the last
request is answered. Whoever connects meanwhile waits, and is then reset. Here what has connected is served, and who
comes later is refused at once, so that a proxy or a client goes elsewhere.
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
    """A client's socket, which is waited for as long as `strict.py` says, and not for ever as by gunicorn.

    The head of an answer is sent with what follows it, and not by itself, which would wake the client twice.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._holding, self._held = False, b""
        self.begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def begin(self) -> None:
        """The next request is waited for."""
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
        """Let what is sent next, the head of an answer, wait for what follows it."""
        self._holding = True

    def release(self) -> None:
        """Nothing follows it."""
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
        """Those who have connected already have a right to an answer."""
        before = -1
        while self.nr_conns != before:
            before = self.nr_conns
            self.accept(listener)

    def handle(self, conn: Any) -> Any:
        """Answer a request, and whatever its client asks at once after that.

        To hand a connection to the main thread and back takes two changes of threads and some calls of the system.
        """
        kept = self._answer(conn)
        while kept is True and self.alive and self.tpool._work_queue.empty() and asks_again(conn):
            kept = self._answer(conn)
        return kept

    def _answer(self, conn: Any) -> Any:
        if isinstance(conn.sock, ClientSocket):
            conn.sock.begin()
        else:
            conn.sock = ClientSocket(conn.sock)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> bool:
        most = self.cfg.max_request_body_size
        if self.wsgi.registry.draining.is_set():  # the next request had better go elsewhere
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
    """Whether the next request comes, or the client leaves, before others would notice that a thread waits for it."""
    if conn.parser.unreader.buf.getvalue():  # it came with the last one
        return True
    readable = select.poll()
    readable.register(conn.sock, select.POLLIN)
    return bool(readable.poll(AT_ONCE_MS))


def refuse_ambiguous(req: Any) -> Refusal | None:
    """What gunicorn takes and another server may read in another way, by the rules that waitress is given."""
    version = ".".join(map(str, req.version))
    lines = [f"{req.method} {req.uri} HTTP/{version}", *(f"{name}: {value}" for name, value in req.headers)]
    refused = refuse_head("\r\n".join(lines).encode("latin-1"))
    return refused and (HTTPStatus(refused.code), str(refused.body))


def refuse_length(req: Any, most: int) -> Refusal | None:
    """Before the body is asked for, or read."""
    length = dict(req.headers).get("CONTENT-LENGTH", "0")
    return too_large(most) if int(length) >= most else None


def receive_chunks(req: Any, sock: Any, most: int) -> Refusal | None:
    """Read a body of unknown length to its end, so that the application is told the length of each, as by waitress."""
    if not isinstance(req.body.reader, ChunkedReader):
        return None
    if req._expected_100_continue:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        req._expected_100_continue = False
    body = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the request's, as long as that lives
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
    """Whoever is still sending when the connection is closed is reset, and loses the answer."""
    while not getattr(req.body, "failed", False) and req.body.read(PIECE):
        pass


def too_large(most: int) -> Refusal:
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request body must be smaller than {most} bytes."
