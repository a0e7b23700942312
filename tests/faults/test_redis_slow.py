"""A cache in a Redis that answers late: a few reads feel it, and then none until it is quick again."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import quantiles

import pytest

import intermediate
from tests.faults.test_redis import hits_again
from tests.functional.conftest import Api, make_api
from tests.services import delay
from tests.services.delay import Delaying
from tests.services.redis import Server

pytestmark = pytest.mark.slow
ADDED = 0.5  # seconds, to the 95th percentile
WATCHED = 5.0  # in which it is tried again twice
LIMITS = count(1)


@pytest.fixture
def proxy(server: Server) -> Iterator[Delaying]:
    with delay.before(server.port) as proxy:
        yield proxy


@pytest.fixture
def api(proxy: Delaying, tmp_path: Path) -> Iterator[Api]:
    settings = {"database.url": f"sqlite:///{tmp_path}/x.sqlite", "database.migrate": "true"}
    cache = {"cache.backend": "redis", "cache.redis.url": f"redis://127.0.0.1:{proxy.port}/0"}
    app = intermediate.main({"here": str(tmp_path)}, **settings, **cache)
    api = make_api(app)
    api.post_json("/api/tasks", {"title": "One"})
    yield api
    intermediate.close(app)


def read(api: Api, seconds: float) -> tuple[float, list[str]]:
    """The 95th percentile of what the reads of some seconds took, each of them another's, and what they say."""
    took, verdicts, end = [], [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        answer = api.get(f"/api/tasks?offset={next(LIMITS)}", status=200)
        took.append(time.monotonic() - began)
        verdicts.append(answer.headers["X-Cache"])
        time.sleep(0.02)
    return quantiles(took, n=20)[-1], verdicts


@pytest.mark.parametrize("seconds", [pytest.param(0.2, id="F3-within-its-time"), pytest.param(0.3, id="F3-beyond-it")])
def test_a_slow_redis_is_left_alone_until_it_is_quick(
    api: Api, proxy: Delaying, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    quick, verdicts = read(api, 1)
    assert set(verdicts) == {"miss"}
    proxy.seconds = seconds
    slow, verdicts = read(api, WATCHED)
    assert slow < quick + ADDED
    assert set(verdicts[3:]) == {"bypass"}
    assert caplog.messages.count("cache_unavailable") == 1
    proxy.seconds = 0
    hits_again(api)
    assert caplog.messages.count("cache_available") == 1
