"""Which client address a limit counts: the peer's, or the one that a trusted proxy names."""

import pytest

from intermediate import addresses
from intermediate.sections import Site

TRUSTED = Site.model_validate({"trusted_proxies": "10.0.0.0/8, 2001:db8::1"}).trusted_proxies


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "x" * 9999, "10.0.0.1"),
        ("2001:db8::1", "2001:db8:a:b:c::d", "2001:db8:a:b::/64"),
        ("2001:db8:a:b::1%eth0", "", "2001:db8:a:b::/64"),
        ("", "198.51.100.1", ""),
        ("localhost", "", "localhost"),
    ],
)
def test_a_client_is_the_peer_or_what_a_trusted_proxy_names(peer: str, forwarded: str, found: str) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}
    assert addresses.client(environ, TRUSTED) == found
