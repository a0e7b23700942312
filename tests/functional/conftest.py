"""Fixtures of the functional tests, which use only HTTP: within this process, or to a server with --served."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from webtest import TestApp

import intermediate
from intermediate.engines import make_engine
from intermediate.models import User
from intermediate.settings import variable
from tests.conftest import NewDatabase
from tests.serving import Served, wait_until

PASSWORD = "correct horse battery"
Target = Any  # the argument of TestApp: a WSGI application, or the address of a server


@pytest.fixture(scope="session")
def database_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of `target`."""
    with new_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@contextmanager
def serving(served: bool, folder: Path, **ini: str) -> Iterator[Target]:
    """Yield an application with these settings."""
    if served:
        server = Served(folder, **{variable(key): value for key, value in ini.items()})
        try:
            yield server.start().address
        finally:
            server.stop()
        return
    app = intermediate.main(
        {"here": str(folder)}, **{"database.migrate": "true", "session.secure_cookie": "false"}, **ini
    )
    yield app
    intermediate.close(app)


@pytest.fixture(scope="session")
def is_served(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--served"))


@pytest.fixture(scope="session", autouse=True)
def shared_backends(request: pytest.FixtureRequest) -> None:
    """Let the processes of gunicorn share a cache, as in production."""
    if Served.server == "gunicorn":
        url = request.getfixturevalue("redis_url")
        Served.shared = {"INTERMEDIATE_CACHE_BACKEND": "redis", "INTERMEDIATE_REDIS_URL": url}


@pytest.fixture(scope="session")
def target(is_served: bool, tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Target]:
    """The application with the default backends."""
    folder = tmp_path_factory.mktemp("functional")
    with serving(is_served, folder, **{"database.url": database_url}) as target:
        yield target


@pytest.fixture(scope="session")
def proxied(new_database: NewDatabase, is_served: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The application behind a proxy that authenticates users, with a separate database."""
    folder = tmp_path_factory.mktemp("proxied")
    with (
        new_database(folder) as url,
        serving(is_served, folder, **{"database.url": url, "auth.backend": "remote_user"}) as target,
    ):
        yield target


@pytest.fixture
def new_app(new_database: NewDatabase, is_served: bool, tmp_path: Path) -> Iterator[tuple[Target, str]]:
    """A new application without accounts, and the URL of its database."""
    quick = {"auth.local.time_cost": "1", "auth.local.memory_kib": "4096"}
    with new_database(tmp_path) as url, serving(is_served, tmp_path, **{"database.url": url}, **quick) as target:
        yield target, url


@dataclass
class Api:
    """An API client with a token."""

    app: TestApp
    email: str
    user_id: int
    token: str

    def __getattr__(self, name: str) -> Any:
        """Return `get`, `post_json`, `delete` and so on of TestApp, with the bearer token added."""
        method = getattr(self.app, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
            return method(*args, headers=headers, **kwargs)

        return call


@pytest.fixture
def app(target: Target) -> TestApp:
    """A browser or an API client that is not logged in."""
    return TestApp(target)


@pytest.fixture
def email() -> str:
    """An address that no other test uses."""
    return new_email()


def health(app: Any, of: str, wanted: str) -> dict[str, Any]:
    """What /healthz says, once it says this of a part or, by `status`, of all: a busy machine may be late."""

    def said() -> Any:
        answer = app.get("/healthz", status="*").json
        found.update(answer, **answer["checks"])
        return found[of] if of == "status" else found[of].get("reason", found[of]["status"])

    found: dict[str, Any] = {}
    wait_until(lambda: said() == wanted)
    return found


def new_email() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def make_api(target: Target) -> Api:
    app, email = TestApp(target), new_email()
    user = app.post_json("/api/auth/register", {"email": email, "password": PASSWORD}, status=201).json
    token = app.post("/api/auth/login", {"username": email, "password": PASSWORD}).json["access_token"]
    return Api(app, email, user["id"], token)


@pytest.fixture
def api(target: Target) -> Api:
    """An API client with a new account."""
    return make_api(target)


@pytest.fixture
def other(target: Target) -> Api:
    """An API client of another new account."""
    return make_api(target)


def make_admin(target: Target, database_url: str) -> Api:
    """Create an account and make it an administrator in the database, because HTTP offers no way to do so."""
    api = make_api(target)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == api.user_id).values(role="admin"))
    engine.dispose()
    return api


@pytest.fixture
def admin(target: Target, database_url: str) -> Api:
    """An API client of a new administrator. There may be others."""
    return make_admin(target, database_url)


@pytest.fixture
def browser(app: TestApp, email: str) -> TestApp:
    """A browser that is logged in to a new account."""
    form = app.get("/auth/register").forms[0]
    form["email"], form["password"] = email, PASSWORD
    form.submit(status=303)
    return app


class Browser(TestApp):
    """A browser. With `proven`, its requests come through a proxy that authenticates it with that e-mail address."""

    def __init__(self, target: Target, proven: str | None = None, **kwargs: Any) -> None:
        super().__init__(target, extra_environ={"REMOTE_ADDR": "127.0.0.1"}, **kwargs)
        self.proven = proven

    def do_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if self.proven is not None:
            request.headers["X-Remote-User"] = self.proven
        return super().do_request(request, *args, **kwargs)

    def another(self) -> "Browser":
        """Return a copy of this browser for another thread, with the same cookies."""
        return Browser(self.app, self.proven, cookiejar=self.cookiejar)


def register(target: Target, email: str) -> Browser:
    browser = Browser(target)
    form = browser.get("/auth/register").forms[0]
    form["email"], form["password"] = email, PASSWORD
    form.submit(status=303)
    return browser


@pytest.fixture
def site(app: TestApp, api: Api) -> TestApp:
    """A browser that is logged in to the account of `api`."""
    form = app.get("/auth/login").forms[0]
    form["email"], form["password"] = api.email, PASSWORD
    form.submit(status=303)
    return app
