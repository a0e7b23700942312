"""A new application for each test, with a new database. Its queue runs no jobs by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import intermediate
from intermediate import accounts, settings
from intermediate.scripting import request_for
from tests.conftest import NewDatabase

MakeApp = Callable[..., Any]


@pytest.fixture
def database_url(new_database: NewDatabase, tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as url:
        yield url


@pytest.fixture
def make_registry(database_url: str) -> Iterator[MakeApp]:
    """A factory of registries of applications with the given settings, all on one database."""
    apps = []

    def make(**ini: str) -> Any:
        given = {name.replace("__", "."): value for name, value in ini.items()}
        base = {"database.url": database_url, "database.migrate": "true"}
        app = intermediate.create_app(settings.load(base | given, {}))
        apps.append(app)
        app.registry.app = app
        return app.registry

    yield make
    for app in apps:
        intermediate.close(app)


@pytest.fixture
def registry(make_registry: MakeApp) -> Any:
    return make_registry()


def make_owner(registry: Any, email: str = "owner@example.com", role: str = "user") -> int:
    with request_for(registry) as request:
        return accounts.create(request.db, email, None, role).id


@pytest.fixture
def owner(registry: Any) -> int:
    """An account without tasks."""
    return make_owner(registry)
