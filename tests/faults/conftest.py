"""What the tests that do harm have in common."""

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
    """A Redis of the test's own, that may be done harm."""
    with or_skip(own_server()) as server:
        yield server


@pytest.fixture
def hasty(server: Server) -> None:
    """The clients of this Redis give up when the application says so. To be used where it is frozen."""
    server.patience = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an operator is: beside the INI files."""
    for name in ("development.ini", "production.ini"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def environ(postgres_url: str, mongo_url: str, server: Server) -> dict[str, str]:
    """What an installation by production.ini needs to be told. Nothing is in any of its services."""
    return {
        "INTERMEDIATE_DATABASE_URL": postgres_url,
        "INTERMEDIATE_REDIS_URL": server.url,
        "INTERMEDIATE_MONGO_URL": f"{mongo_url}_{secrets.token_hex(4)}",
        "INTERMEDIATE_SESSION_SECRET_KEY": secrets.token_hex(32),
        "INTERMEDIATE_JWT_SECRET_KEY": secrets.token_hex(32),
        "INTERMEDIATE_ALLOWED_HOSTS": "localhost",
    }
