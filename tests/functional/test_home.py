"""The start page: the backends in use, their state, and how to swap them, even during an outage."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import serving
from tests.serving import wait_until

KINDS = ("auth", "tasks", "cache", "jobs", "analytics")
SILENCE = 300  # seconds, the timeout for an unresponsive service in these tests
SOON = 30.0


def health(page: Any) -> dict[str, str]:
    return {
        slot.find("h3").text: slot.find(class_="health").get_text(strip=True)
        for slot in page.html.find_all(class_="slot")
    }


@contextmanager
def with_redis_at(other_end: socket.socket, folder: Path, served: bool) -> Iterator[TestApp]:
    """An application whose cache connects to that socket."""
    other_end.bind(("127.0.0.1", 0))
    url = f"redis://:s3cr3t@127.0.0.1:{other_end.getsockname()[1]}/0"
    url += f"?socket_timeout={SILENCE}&socket_connect_timeout={SILENCE}"
    ini = {"database.url": f"sqlite:///{folder}/x.sqlite", "cache.backend": "redis", "cache.redis.url": url}
    with serving(served, folder, **ini) as target:
        yield TestApp(target)


def all_healthy(app: TestApp, *kinds: str) -> bool:
    """Return whether all parts are healthy. A part that exceeds the page's quarter of a second is shown as slow."""
    found = health(app.get("/"))
    assert set(found) == set(KINDS)
    return {found[kind] for kind in kinds} == {"Healthy"}


def test_all_parts_are_there_and_healthy(app: TestApp) -> None:
    wait_until(lambda: all_healthy(app, *KINDS))


@pytest.mark.parametrize("listens", [False, True])
def test_a_part_that_is_away_is_told_at_once(tmp_path: Path, is_served: bool, listens: bool) -> None:
    with socket.socket() as other_end, with_redis_at(other_end, tmp_path, is_served) as app:
        if listens:
            other_end.listen(100)
        began = time.monotonic()
        page = app.get("/", status=200)
        assert time.monotonic() - began < SOON
        wait_until(lambda: health(app.get("/"))["cache"] == ("Slow" if listens else "Failed"))
        wait_until(lambda: all_healthy(app, *(kind for kind in KINDS if kind != "cache")))
        other_end.close()  # otherwise shutting the application down waits for a response
        for secret in ("s3cr3t", "127.0.0.1", "redis://"):
            assert secret not in page


def test_without_a_database_it_is_there_all_the_same(tmp_path: Path, is_served: bool) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with serving(is_served, tmp_path, **{"database.url": f"sqlite:///{folder}/x.sqlite"}) as target:
        app = TestApp(target)
        app.get("/livez")
        folder.rename(tmp_path / "elsewhere")
        app.get("/", status=200, headers={"Cookie": "session=x"})
        wait_until(lambda: all_healthy(app, "cache"))


def test_the_way_to_the_guide_and_the_description_of_the_api_is_shown(app: TestApp) -> None:
    page = app.get("/")
    for path in ("/guide", "/docs", "/redoc", "/openapi.json", "/auth/register"):
        assert f'href="{path}"' in page
        app.get(path, status=200)


def test_the_guide_tells_of_every_backend(app: TestApp) -> None:
    names = set(re.findall(r'class="socket[^"]*">(?:<svg.*?</svg><span.*?</span>)?([a-z_]+)</li>', app.get("/").text))
    guide = app.get("/guide").html.find("article").get_text()
    assert {"remote_user", "memory", "null", "redis", "rq", "mongo"} <= names
    assert [name for name in names if name not in guide] == []
