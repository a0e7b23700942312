"""The functional tests speak HTTP only: to the application in this process, or with --served to a server."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from webtest import TestApp

import intermediate
from tests.services import postgres
from tests.serving import Served

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database without tables, of the kind that --database names."""
    if request.config.getoption("--database") == "postgres":
        with postgres.fresh(request.getfixturevalue("postgres_server")) as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/test.sqlite"


@pytest.fixture(scope="session")
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> Iterator[Any]:
    """What TestApp is to be given: a WSGI application, or the address of a served one."""
    folder = tmp_path_factory.mktemp("functional")
    if request.config.getoption("--served"):
        served = Served(folder, INTERMEDIATE_DATABASE_URL=database_url)
        try:
            yield served.start().address
        finally:
            served.stop()
        return
    settings = {"database.url": database_url, "database.migrate": "true"}
    app = intermediate.main({"here": str(folder)}, **settings, **{"session.secure_cookie": "false"})
    yield app
    intermediate.close(app)


@dataclass
class Api:
    """An API client that is signed in."""

    app: TestApp
    email: str
    user_id: int
    token: str

    def __getattr__(self, name: str) -> Any:
        """`get`, `post_json`, `delete` and so on of TestApp, with the bearer token."""
        method = getattr(self.app, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
            return method(*args, headers=headers, **kwargs)

        return call


@pytest.fixture
def app(target: Any) -> TestApp:
    """A browser, or a client that is not signed in."""
    return TestApp(target)


@pytest.fixture
def email() -> str:
    """An address that no other test uses."""
    return new_email()


def new_email() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def make_api(target: Any) -> Api:
    app, email = TestApp(target), new_email()
    user = app.post_json("/api/auth/register", {"email": email, "password": PASSWORD}, status=201).json
    token = app.post("/api/auth/login", {"username": email, "password": PASSWORD}).json["access_token"]
    return Api(app, email, user["id"], token)


@pytest.fixture
def api(target: Any) -> Api:
    """An API client with an account of its own."""
    return make_api(target)


@pytest.fixture
def other(target: Any) -> Api:
    """Another account's API client."""
    return make_api(target)


@pytest.fixture
def browser(app: TestApp, email: str) -> TestApp:
    """A browser that is signed in with an account of its own."""
    form = app.get("/auth/register").forms[0]
    form["email"], form["password"] = email, PASSWORD
    form.submit(status=303)
    return app
