"""The Redis of the cache crashes, hangs, is flushed, is full, or holds foreign data: only the speed changes."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from redis import Redis

import intermediate
from intermediate import breaker
from intermediate.plugins.cache.redis import RedisCache
from intermediate.testing.contract import in_threads
from tests.functional.conftest import Api, make_api
from tests.services.redis import Server
from tests.serving import wait_until

# The limit for a few requests in total. By default the driver waits without a timeout.
SOON = 30.0
RUBBISH = [
    b'{"ct": 9999999999.5, "v": 2}|\x80\x04planted',
    b'{"ct": 9999999999.5, "v": 2}|',
    b"",
    b"\x80\x04",
    b"{}",
    b"|",
    b"null|x",
    b'{"ct": "soon", "v": 2}|x',
    b"cos\nsystem\n(S'true'\ntR.",
    b"[" * 99999,
]


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[Api]:
    settings = {"database.url": f"sqlite:///{tmp_path}/x.sqlite", "database.migrate": "true"}
    # A late response on a busy machine is not an outage.
    cache = {"cache.backend": "redis", "cache.redis.url": server.url, "cache.redis.timeout_seconds": "1"}
    app = intermediate.main({"here": str(tmp_path)}, **settings, **cache)
    api = make_api(app)
    api.post_json("/api/tasks", {"title": "One"})
    yield api
    intermediate.close(app)


def verdicts(api: Api, times: int) -> list[str]:
    """Return the cache verdicts of lists. Asserts that each list is correct and fast."""
    began = time.monotonic()
    found = []
    for _ in range(times):
        answer = api.get("/api/tasks", status=200)
        assert [task["title"] for task in answer.json["items"]] == ["One"]
        found.append(answer.headers["X-Cache"])
    assert time.monotonic() - began < SOON
    return found


def hits_again(api: Api) -> None:
    wait_until(lambda: verdicts(api, 1) == ["hit"])


def test_one_process_reads_what_another_created(api: Api) -> None:
    assert verdicts(api, 3) == ["miss", "hit", "hit"]


def test_a_redis_that_is_killed_is_done_without_until_it_is_back(
    api: Api, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    verdicts(api, 2)
    server.kill()
    assert set(verdicts(api, 10)) == {"bypass"}
    assert api.get("/healthz").json["checks"]["cache"]["status"] != "ok"
    assert caplog.messages.count("cache_unavailable") == 1
    server.start()
    hits_again(api)
    assert caplog.messages.count("cache_available") == 1


@pytest.mark.usefixtures("hasty")
def test_a_redis_that_hangs_is_done_without_until_it_answers(api: Api, server: Server) -> None:
    verdicts(api, 2)
    server.freeze()
    assert set(verdicts(api, 20)) == {"bypass"}
    server.thaw()
    hits_again(api)


def test_a_redis_that_forgets_everything_is_filled_again(api: Api, server: Server) -> None:
    verdicts(api, 2)
    with Redis.from_url(server.url) as client:
        client.flushall()  # only this test uses it
    assert verdicts(api, 2) == ["miss", "hit"]


def test_a_redis_that_is_full_is_read_past(api: Api, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 1)
        assert set(verdicts(api, 10)) == {"bypass"}
        client.config_set("maxmemory", 0)
    hits_again(api)
    assert (caplog.messages.count("cache_unwritable"), caplog.messages.count("cache_writable")) == (1, 1)


def test_where_nothing_can_be_kept_nobody_waits_for_another(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """All create at the same time, each waiting for all others, which would fail if they ran one after the other."""
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 3600)  # so that no request probes whether the outage is over
    cache = RedisCache(server.url, 1)
    with Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 1)
    for _ in range(breaker.FAILURES):
        assert cache.get_or_create("warning", bytes, 60)[1] == "bypass"
    together = Barrier(8)

    def create() -> bytes:
        together.wait(SOON)
        return b"created"

    asked = in_threads(*[lambda: cache.get_or_create("cold", create, 60)] * 8, patience=2 * SOON)
    assert asked == [(b"created", "bypass")] * 8
    cache.close()


def test_redis_forgets_an_entry_when_its_time_is_up(api: Api, server: Server) -> None:
    verdicts(api, 1)
    with Redis.from_url(server.url) as client:
        keys: Any = client.keys("intermediate:cache:*")
        left: Any = client.ttl(keys[0])
    assert 0 < left <= 60


@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_counts_as_absent(api: Api, server: Server, rubbish: bytes) -> None:
    verdicts(api, 1)
    with Redis.from_url(server.url) as client:
        [key] = client.keys("intermediate:cache:*")
        client.set(key, rubbish)
    assert verdicts(api, 2) == ["miss", "hit"]


def test_another_type_of_value_counts_as_absent(api: Api, server: Server) -> None:
    verdicts(api, 1)
    with Redis.from_url(server.url) as client:
        keys: Any = client.keys("intermediate:cache:*")
        client.delete(*keys)
        client.rpush(keys[0], "a list")
    assert verdicts(api, 2) == ["miss", "hit"]
