"""Addresses: whom a limit counts, who is at the other end of a socket, and whether that is this machine itself."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

Networks = Iterable[IPv4Network | IPv6Network]
SITE_BITS = 64
FORWARDED = ("FORWARDED", "VIA", "X_FORWARDED_BY", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address, or None for what is none, such as the peer of a Unix socket."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:  # IPv4, on a socket for both
        return found.ipv4_mapped
    return found


def host_of(url: str) -> str:
    """The host that a URL names, and the port if it names one; nothing if it is no URL of a host."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def within(text: str, networks: Networks) -> bool:
    found = parse(text)
    return found is not None and any(found in network for network in networks)


def client(environ: Mapping[str, Any], trusted: Networks) -> str:
    """Who sent a request, to be counted by: an IPv4 address, or the /64 of an IPv6 address, which is one customer's.

    That is the peer. If the peer is a trusted proxy, it is the last that `X-Forwarded-For` names and that is none:
    what stands before was written by the client.
    """
    address = str(environ.get("REMOTE_ADDR", ""))
    hops = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    while hops and within(address, trusted):
        hop = hops.pop().strip()
        if parse(hop) is None:
            break
        address = hop
    found = parse(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found.packed, SITE_BITS), strict=False))
    return str(found or address)


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
