"""An application with rate limits, and clients that exceed them."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.clock import Clock
from tests.conftest import NewDatabase
from tests.functional.conftest import PASSWORD, serving

REGISTER, LOGIN, REPORT = "/api/auth/register", "/api/auth/login", "/api/jobs/task-report"
ANN, BEN = "ann@example.com", "ben@example.com"
HERE, THERE, PROXY = "203.0.113.7", "198.51.100.9", "192.0.2.1"
POLICY = re.compile(r'"([a-z-]+)";q=(\d+);w=(\d+)')
Limited = Callable[..., Any]


@pytest.fixture
def limited(new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Limited]:
    """A factory of applications with rate limits and the accounts of Ann and Ben."""
    monkeypatch.setenv("INTERMEDIATE_API_RATE_LIMITS", "true")
    with ExitStack() as stack:
        url = stack.enter_context(new_database(tmp_path))

        def make(**settings: str) -> Any:
            ini = {name.replace("__", "."): value for name, value in settings.items()}
            target = stack.enter_context(serving(False, tmp_path, **{"database.url": url, **ini}))
            for email in (ANN, BEN):
                client(target, "192.0.2.200").post_json(REGISTER, {"email": email, "password": PASSWORD}, status=201)
            return target

        yield make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that limits go by."""
    clock = Clock(time.time())
    monkeypatch.setattr(time, "time", clock.time)
    return clock


def client(target: Any, address: str, forwarded: str = "") -> TestApp:
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return TestApp(target, {"REMOTE_ADDR": address, **headers})


def log_in(app: TestApp, email: str, password: str = "not this one") -> Any:
    return app.post(LOGIN, {"username": email, "password": password}, expect_errors=True)


def token(app: TestApp, email: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {log_in(app, email, PASSWORD).json['access_token']}"}


def tells_when_to_come_back(answer: Any, name: str, most: int, window: int) -> None:
    seconds = int(answer.headers["Retry-After"])
    assert 0 < seconds <= window
    found = POLICY.fullmatch(answer.headers["RateLimit-Policy"])
    assert found
    assert found.groups() == (name, str(most), str(window))
    assert answer.headers["RateLimit"] == f'"{name}";r=0;t={seconds}'
