"""Rules that both servers enforce: unambiguous request heads, and time limits for sending a request.

If a proxy and a server disagree on where a request ends, an attacker can make them take one client's bytes for another
one's request (request smuggling). So ambiguous requests are refused with 400, and the connection is closed.

A client that sends a byte now and then resets a server's own timeout and occupies a connection. So a request has a
fixed time, plus more in proportion to the received body, as with Apache's mod_reqtimeout.
"""

import re

from waitress.utilities import BadRequest, Error, RequestHeaderFieldsTooLarge

HEAD_SECONDS = 15
BODY_SECONDS = 30
BODY_RATE = 4096  # bytes of the body that extend the time by a second
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


def refuse_bytes(head: bytes) -> Error | None:
    """Refuse what is wrong before the head is complete. Otherwise the server would wait for its end until a timeout."""
    if not _BEGINS.match(head):
        return BadRequest("This is not an HTTP request.")
    return BadRequest("Lines must end with CR and LF.") if _LONE.search(head) else None


def refuse_head(head: bytes) -> Error | None:
    first, *lines = head.split(b"\r\n")
    target = first.split(b" ")[1:2]
    if target and len(target[0]) > MAX_TARGET:
        return TargetTooLong(f"The address can be at most {MAX_TARGET} bytes.")
    parsed = _FIRST_LINE.fullmatch(first)
    if parsed is None:
        return BadRequest("The first line is not an HTTP/1.0 or HTTP/1.1 request.")
    if len(lines) > MAX_HEADERS:
        return RequestHeaderFieldsTooLarge(f"A request can have at most {MAX_HEADERS} headers.")
    return refuse_headers(lines, parsed[1], is_old=parsed[2] == b"0")


def refuse_headers(lines: list[bytes], target: bytes, *, is_old: bool) -> Error | None:
    if any(line.startswith((b" ", b"\t")) for line in lines):
        return BadRequest("A header must not continue on the next line.")
    headers = [(name.lower(), value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
    values = dict(headers)
    for name in ONCE:
        if sum(one == name for one, _ in headers) > 1:
            return BadRequest(f"{name.decode()} must not be sent more than once.")
    return refuse_host(values.get(b"host"), target, is_old) or refuse_framing(values, is_old)


def refuse_host(host: bytes | None, target: bytes, is_old: bool) -> Error | None:
    if host is None:
        return None if is_old else BadRequest("The Host header is missing.")
    if not _HOST.fullmatch(host):
        return BadRequest("The Host header is not a valid host.")
    absolute = _AUTHORITY.match(target)
    return (
        BadRequest("The address and the Host header name different hosts.")
        if absolute and absolute[1].lower() != host.lower()
        else None
    )


def refuse_framing(values: dict[bytes, bytes], is_old: bool) -> Error | None:
    if b"transfer-encoding" not in values:
        return None
    if b"content-length" in values:
        return BadRequest("Send Content-Length or Transfer-Encoding, not both.")
    if is_old or b"," in values[b"transfer-encoding"]:
        return BadRequest("The only Transfer-Encoding supported is chunked, once, in HTTP/1.1.")
    return None
