"""The shipped auth backends keep the contract, and so do two examples, a directory and a gateway."""

from functools import partial
from typing import ClassVar

import pytest

from intermediate.plugins.auth.remote_user import RemoteUserAuth, RemoteUserSettings
from intermediate.testing import AuthContract
from tests.plugins.directory import DirectoryAuth
from tests.plugins.gateway import signed


class TestLocalAuth(AuthContract):
    backend: ClassVar = "local"
    options: ClassVar = {"time_cost": "1", "memory_kib": "4096"}


class TestRemoteUserAuth(AuthContract):
    backend: ClassVar = "remote_user"


class TestRemoteUserAuthOfOtherPeers(AuthContract):
    backend: ClassVar = "remote_user"
    options: ClassVar = {"header": "Remote-Email", "trusted": "10.1.0.0/16, 2001:db8::1"}
    proof: ClassVar = {"REMOTE_ADDR": "10.1.2.3", "HTTP_REMOTE_EMAIL": "{email}"}
    forgeries: ClassVar = (
        {"REMOTE_ADDR": "127.0.0.1"},
        {"REMOTE_ADDR": "10.2.0.1"},
        {"REMOTE_ADDR": "2001:db8::2"},
        {"REMOTE_ADDR": "::ffff:10.2.0.1"},
    )


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_trusted_however_its_address_is_written(peer: str) -> None:
    assert RemoteUserAuth(RemoteUserSettings.model_validate({})).trusts(peer)


class TestDirectoryAuth(AuthContract):
    backend: ClassVar = "tests.plugins.directory:DirectoryAuth"
    set_password = staticmethod(DirectoryAuth.set_password)


class TestGatewayAuth(AuthContract):
    backend: ClassVar = "tests.plugins.gateway:GatewayAuth"
    proof: ClassVar = {"HTTP_X_ASSERTION": signed}
    forgeries: ClassVar = (
        {"HTTP_X_ASSERTION": "{email}"},
        {"HTTP_X_ASSERTION": partial(signed, key=b"a stranger's")},
    )
