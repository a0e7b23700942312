"""The Redis of the cache is slow: a few reads are affected, then the cache is skipped until it is fast again.

Reads are not timed. The tests count how many of them query Redis, with a clock that they advance.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import intermediate
from intermediate import breaker
from tests.clock import Clock, set_clock
from tests.faults.test_redis import verdicts
from tests.functional.conftest import Api, make_api
from tests.services import delay
from tests.services.delay import Delaying
from tests.services.redis import Server
from tests.serving import wait_until

pytestmark = pytest.mark.slow
LIMITS = count(1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_clock(monkeypatch, breaker)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that are sent to Redis."""
    asked: list[str] = []
    execute: Any = Redis.execute_command

    def noting(client: Any, *words: Any, **options: Any) -> Any:
        asked.append(words[0])
        return execute(client, *words, **options)

    monkeypatch.setattr(Redis, "execute_command", noting)
    return asked


@pytest.fixture
def proxy(server: Server) -> Iterator[Delaying]:
    with delay.before(server.port) as proxy:
        yield proxy


@pytest.fixture
def api(proxy: Delaying, clock: Clock, tmp_path: Path) -> Iterator[Api]:
    settings = {"database.url": f"sqlite:///{tmp_path}/x.sqlite", "database.migrate": "true"}
    cache = {"cache.backend": "redis", "cache.redis.url": f"redis://127.0.0.1:{proxy.port}/0"}
    app = intermediate.main({"here": str(tmp_path)}, **settings, **cache)
    api = make_api(app)
    api.post_json("/api/tasks", {"title": "One"})
    yield api
    intermediate.close(app)


def read(api: Api, times: int) -> set[str]:
    """Return the cache verdicts of some reads, each of another page."""
    answers = [api.get(f"/api/tasks?offset={next(LIMITS)}", status=200) for _ in range(times)]
    return {answer.headers["X-Cache"] for answer in answers}


@pytest.mark.parametrize("seconds", [pytest.param(0.2, id="F3-within-its-time"), pytest.param(0.3, id="F3-beyond-it")])
def test_a_slow_redis_is_left_alone_until_it_is_quick(
    api: Api, proxy: Delaying, clock: Clock, asked: list[str], seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    def is_quick() -> bool:
        clock.now += breaker.OPEN_SECONDS
        return verdicts(api, 1) == ["hit"]

    wait_until(is_quick)
    caplog.clear()
    proxy.seconds = seconds
    read(api, breaker.FAILURES)
    assert caplog.messages.count("cache_unavailable") == 1
    asked.clear()
    assert (read(api, 50), asked) == ({"bypass"}, [])
    clock.now += breaker.OPEN_SECONDS
    assert (read(api, 50), asked) == ({"bypass"}, ["GET"])
    proxy.seconds = 0
    wait_until(is_quick)
    assert caplog.messages.count("cache_available") == 1
