"""Addresses: of clients for rate limits, of a socket's peer, and whether a request comes from this machine."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

Networks = Iterable[IPv4Network | IPv6Network]
SITE_BITS = 64
FORWARDED = ("FORWARDED", "VIA", "X_FORWARDED_BY", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, or None if the text is not one, such as the peer of a Unix socket."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:  # an IPv4 client of a dual-stack socket
        return found.ipv4_mapped
    return found


def host_of(url: str) -> str:
    """Return the host of a URL with its port if it has one, or an empty text if there is no host."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def within(text: str, networks: Networks) -> bool:
    found = parse(text)
    return found is not None and any(found in network for network in networks)


def client(environ: Mapping[str, Any], trusted: Networks) -> str:
    """Return the client for rate limits: an IPv4 address, or the /64 of an IPv6 address, which is one customer's.

    It is the peer. If the peer is a trusted proxy, it is the last address in `X-Forwarded-For` that is not a trusted
    proxy: the addresses before it were written by the client.
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
    """Return the address of the socket's peer.

    Waitress replaces REMOTE_ADDR with what its `trusted_proxy` forwards; its channel still has the peer.
    """
    channel = _channel(environ)
    return str(channel.addr[0] if channel else environ.get("REMOTE_ADDR", ""))


def is_of_this_machine(environ: Mapping[str, Any]) -> bool:
    """Return whether a program on this machine sent this for itself: from and to a loopback address, not forwarded.

    A proxy on this machine is recognized by its forwarding headers; a browser under a DNS rebinding attack, by the
    host name.
    """
    address = parse(peer(environ))
    local = address is not None and address.is_loopback
    channel = _channel(environ)
    # Waitress removes the headers of untrusted proxies from the environment.
    said = channel.requests[0].headers if channel else {name.removeprefix("HTTP_"): 1 for name in environ}
    host = str(environ.get("HTTP_HOST", "")).lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return local and name in LOCAL_NAMES and not any(header in said for header in FORWARDED)


def _channel(environ: Mapping[str, Any]) -> Any:
    return getattr(environ.get("waitress.client_disconnected"), "__self__", None)
