"""R3: limits counted in Redis hold while it is killed or suspended, and span all processes while it is available."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from webtest import TestApp

from intermediate.testing.contract import in_threads
from tests.functional.conftest import PASSWORD, serving
from tests.services.redis import Server
from tests.serving import wait_until

ANN = "ann@example.com"
BACKENDS = {
    "cache": {"cache.backend": "redis"},
    "queue": {"jobs.backend": "rq"},
}
NewApp = Callable[[], TestApp]


@pytest.fixture(params=[pytest.param(name, id=f"R3-{name}") for name in BACKENDS])
def new_app(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NewApp]:
    """A factory of applications that share a database and a Redis, as processes do."""
    monkeypatch.setenv("INTERMEDIATE_API_RATE_LIMITS", "true")
    monkeypatch.setenv("INTERMEDIATE_REDIS_URL", server.url)
    ini = {"database.url": f"sqlite:///{tmp_path}/x.sqlite", "auth.local.wait_seconds": "30", **BACKENDS[request.param]}
    with ExitStack() as stack:
        yield lambda: TestApp(stack.enter_context(serving(False, tmp_path, **ini)))


@pytest.fixture
def app(new_app: NewApp) -> TestApp:
    app = new_app()
    app.post_json("/api/auth/register", {"email": ANN, "password": PASSWORD}, status=201)
    return app


def guess(app: TestApp, number: int, password: str = "not this one") -> int:
    """Try a wrong password, each time from another address, so that only the limit of the account applies."""
    form = {"username": ANN, "password": password}
    environ = {"REMOTE_ADDR": f"198.51.100.{number}"}
    status: int = app.post("/api/auth/login", form, extra_environ=environ, expect_errors=True).status_code
    return status


def statuses(app: TestApp, *numbers: int) -> list[int]:
    return [guess(app, number) for number in numbers]


def test_processes_count_together(app: TestApp, new_app: NewApp) -> None:
    other = new_app()
    assert statuses(app, *range(5)) + statuses(other, *range(5, 10)) == [400] * 10
    assert (guess(app, 10, PASSWORD), guess(other, 11, PASSWORD)) == (429, 429)


def test_a_redis_that_is_killed_in_the_midst_gives_no_new_guesses(
    app: TestApp, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    assert statuses(app, *range(6)) == [400] * 6
    server.kill()
    assert statuses(app, *range(6, 12)) == [400] * 4 + [429] * 2
    assert guess(app, 12, PASSWORD) == 429
    assert caplog.messages.count("rate_limits_not_shared") == 1
    server.start()  # it has lost its counters, but the process has not
    assert guess(app, 13, PASSWORD) == 429


@pytest.mark.usefixtures("hasty")
def test_a_redis_that_is_frozen_in_the_midst_gives_no_new_guesses(app: TestApp, server: Server) -> None:
    assert statuses(app, *range(6)) == [400] * 6
    server.freeze()
    assert statuses(app, *range(6, 12)) == [400] * 4 + [429] * 2
    server.thaw()
    assert guess(app, 12, PASSWORD) == 429


def test_without_redis_from_the_start_ten_of_many_guesses_at_once_learn_the_outcome(
    app: TestApp, server: Server
) -> None:
    server.kill()
    found = in_threads(*[lambda number=number: guess(app, number) for number in range(24)], patience=60)
    assert sorted(found) == [400] * 10 + [429] * 14


def test_limits_are_shared_again_when_redis_is_back(app: TestApp, new_app: NewApp, server: Server) -> None:
    other = new_app()
    server.kill()
    assert statuses(app, *range(10)) == [400] * 10
    assert guess(other, 10) == 400  # it only has its own counters
    server.start()
    numbers = count()
    with Redis.from_url(server.url) as client:

        def counted() -> bool:
            number = next(numbers)
            form, environ = {"username": f"{number}@example.com", "password": "x"}, {"REMOTE_ADDR": f"10.0.0.{number}"}
            other.post("/api/auth/login", form, extra_environ=environ, status=400)
            return bool(client.keys("intermediate:limit:*"))

        wait_until(counted)


@pytest.mark.parametrize("damage", ["full", "another type"])
def test_a_redis_that_cannot_count_is_done_without(app: TestApp, server: Server, damage: str) -> None:
    assert guess(app, 0) == 400
    with Redis.from_url(server.url) as client:
        if damage == "full":
            client.config_set("maxmemory", 1)
        else:
            keys: Any = client.keys("intermediate:limit:*")
            for key in keys:
                client.set(key, "no list")
    assert statuses(app, *range(1, 12)) == [400] * 9 + [429] * 2
