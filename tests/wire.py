"""Helpers to send raw HTTP over a socket."""

import re
import socket
from contextlib import suppress

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answered(port: int, request: bytes) -> tuple[list[int], bytes]:
    """Send bytes, read until the server closes the connection, and return the status codes and the bytes received."""
    with connect(port) as client:
        client.sendall(request)
        found = b""
        with suppress(ConnectionResetError):  # the server may close before it has read everything
            while came := client.recv(65536):
                found += came
    return [int(status) for status in STATUS.findall(found)], found


def post(*headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST /api/tasks HTTP/" + version + b"\r\n" + HOST + lines + b"\r\n"
