"""Fixtures of the fault tests."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import or_skip
from tests.services.redis import Server, own_server
from tests.serving import ROOT


@pytest.fixture
def server() -> Iterator[Server]:
    """A Redis server that the test may damage."""
    with or_skip(own_server()) as server:
        yield server


@pytest.fixture
def hasty(server: Server) -> None:
    """Let the clients of this Redis use the timeouts of the application. For tests that suspend it."""
    server.patience = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator's working directory, with the INI files."""
    for name in ("development.ini", "production.ini"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def environ(postgres_url: str, mongo_url: str, server: Server) -> dict[str, str]:
    """The environment variables for an installation with production.ini, with empty services."""
    return {
        "INTERMEDIATE_DATABASE_URL": postgres_url,
        "INTERMEDIATE_REDIS_URL": server.url,
        "INTERMEDIATE_MONGO_URL": f"{mongo_url}_{secrets.token_hex(4)}",
        "INTERMEDIATE_SESSION_SECRET_KEY": secrets.token_hex(32),
        "INTERMEDIATE_JWT_SECRET_KEY": secrets.token_hex(32),
        "INTERMEDIATE_ALLOWED_HOSTS": "localhost",
    }
