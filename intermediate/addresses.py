"""Addresses of clients and proxies, as servers say them and as they are compared."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Networks = Iterable[IPv4Network | IPv6Network]
SITE_BITS = 64


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address, or None for what is none, such as the peer of a Unix socket."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:  # IPv4, on a socket for both
        return found.ipv4_mapped
    return found


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
