"""A TCP proxy that delays the responses of a server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

PIECE = 65536


class Delaying(ThreadingTCPServer):
    """Listens on `port` and delays each chunk of a response by `seconds`, which may be changed at any time."""

    daemon_threads = True

    def __init__(self, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.port = int(self.server_address[1])
        self.behind, self.seconds = behind, 0.0


class Connection(BaseRequestHandler):
    server: Delaying

    def handle(self) -> None:
        with closing(socket.create_connection(("127.0.0.1", self.server.behind))) as behind:
            threading.Thread(target=self._answer, args=(behind,), daemon=True).start()
            with suppress(OSError):
                while data := self.request.recv(PIECE):
                    behind.sendall(data)

    def _answer(self, behind: socket.socket) -> None:
        with suppress(OSError):
            while data := behind.recv(PIECE):
                time.sleep(self.server.seconds)
                self.request.sendall(data)


@contextmanager
def before(port: int) -> Iterator[Delaying]:
    """Run a proxy in front of the server on that port."""
    with Delaying(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join(30)
