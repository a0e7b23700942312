"""Row R7 of the attack table: which client address is counted."""

import pytest

from tests.functional.conftest import PASSWORD
from tests.functional.limits.conftest import BEN, HERE, PROXY, THERE, Limited, client, log_in
from tests.rows import row

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("peer", [HERE, "::ffff:203.0.113.7"])
@row("R7")
def test_a_peer_that_nobody_trusts_is_one_address_whatever_it_forwards(limited: Limited, peer: str) -> None:
    target = limited(site__trusted_proxies=PROXY)
    for number in range(10):
        assert log_in(client(target, peer, f"198.51.100.{number}"), f"{number}@example.com").status_code == 400
    assert log_in(client(target, peer, THERE), BEN, PASSWORD).status_code == 429


@row("R7")
def test_behind_a_trusted_proxy_what_clients_wrote_themselves_does_not_count(limited: Limited) -> None:
    target = limited(site__trusted_proxies=f"{PROXY}, 10.0.0.0/8")
    for number in range(10):
        forwarded = f"198.51.100.{number}, {HERE}, 10.1.2.3"
        assert log_in(client(target, PROXY, forwarded), f"{number}@example.com").status_code == 400
    assert log_in(client(target, PROXY, HERE), BEN, PASSWORD).status_code == 429
    assert log_in(client(target, PROXY, THERE), BEN, PASSWORD).status_code == 200


@row("R7")
def test_an_ipv6_customer_is_one_address(limited: Limited) -> None:
    target = limited()
    for number in range(10):
        assert log_in(client(target, f"2001:db8:1:2::{number}"), f"{number}@example.com").status_code == 400
    assert log_in(client(target, "2001:db8:1:2:ffff::1"), BEN, PASSWORD).status_code == 429
    assert log_in(client(target, "2001:db8:1:3::1"), BEN, PASSWORD).status_code == 200
