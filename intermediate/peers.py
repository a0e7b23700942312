"""Who is at the other end of a request's socket, whatever its headers say."""

from collections.abc import Mapping
from typing import Any

from intermediate.addresses import parse

FORWARDED = ("FORWARDED", "VIA", "X_FORWARDED_BY", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def peer(environ: Mapping[str, Any]) -> str:
    """The address of the socket's other end.

    Waitress puts what its `trusted_proxy` forwards in the place of REMOTE_ADDR; its channel still has the peer.
    """
    channel = _channel(environ)
    return str(channel.addr[0] if channel else environ.get("REMOTE_ADDR", ""))


def is_of_this_machine(environ: Mapping[str, Any]) -> bool:
    """Whether a program of this machine sent this for itself: by a loopback address, to one, and for nobody else.

    A proxy on this machine is told by what it says of its client. So is a browser whose page has a name that was made
    to lead here.
    """
    address = parse(peer(environ))
    local = address is not None and address.is_loopback
    channel = _channel(environ)
    # Waitress takes the headers of proxies that it does not trust out of the environment.
    said = channel.requests[0].headers if channel else {name.removeprefix("HTTP_"): 1 for name in environ}
    host = str(environ.get("HTTP_HOST", "")).lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return local and name in LOCAL_NAMES and not any(header in said for header in FORWARDED)


def _channel(environ: Mapping[str, Any]) -> Any:
    return getattr(environ.get("waitress.client_disconnected"), "__self__", None)
