"""The log of a served application: JSON lines that can be found by request id, without secrets."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, make_api
from tests.functional.test_reports import REPORT, finished
from tests.functional.test_tokens import token_of
from tests.rows import row
from tests.serving import Served, wait_until

pytestmark = pytest.mark.slow

CANARY = "canary-in-a-secret-0123456789abcdef"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_JWT_SECRET_KEY=CANARY, INTERMEDIATE_SESSION_SECRET_KEY=CANARY)
    yield served.start()
    served.stop()


def lines(served: Served) -> list[dict[str, Any]]:
    """Return all log lines, except the one in which pserve says that it serves."""
    said = served.log.read_text().splitlines()
    own = [line for line in said if line.startswith("Starting server")]
    assert len(own) == (Served.server == "waitress")
    return [json.loads(line) for line in said if line not in own]


def test_every_line_is_json_and_says_where_it_is_from(served: Served) -> None:
    api = make_api(served.address)
    given = {"X-Request-ID": "follow-me"}
    assert api.get("/api/tasks", headers=given).headers["X-Cache"] == "miss"
    assert api.get("/api/tasks", headers=given).headers["X-Cache"] == "hit"
    job = api.post_json(REPORT, {"owner_id": api.user_id}, headers=given).json
    finished(api, job["id"])

    def events() -> set[str]:
        return {line["event"] for line in lines(served) if line["request_id"] == "follow-me"}

    # What has been done is there before the line that says so.
    wait_until(lambda: events() == {"request", "cache miss", "cache hit", "job_started", "job_finished"})
    for line in lines(served):
        assert {"event", "level", "logger", "timestamp", "request_id"} <= line.keys()
        assert (line["service"], line["environment"]) == ("web", "development")


def test_the_token_of_a_reset_link_is_in_no_line_and_no_label(served: Served) -> None:
    app, token = TestApp(served.address), "a-planted-token"
    app.get(f"/auth/reset?token={token}", status=404)
    assert token not in app.get("/metrics", headers={"Referer": f"{served.address}/auth/reset?token={token}"})
    wait_until(lambda: "/metrics" in served.log.read_text())
    assert "/auth/reset" in served.log.read_text()
    assert token not in served.log.read_text()


def test_a_line_cannot_be_forged(served: Served) -> None:
    # Over a raw socket, because WebTest's client refuses such paths.
    host = served.address.removeprefix("http://")
    for path, status in (("/a%0a%7B%22level%22:%22ERROR%22%7D", 404), ("/%ff%0d%0a", 400)):
        with closing(HTTPConnection(host, timeout=30)) as connection:
            connection.request("GET", path)
            assert connection.getresponse().status == status
    wait_until(lambda: len([line for line in lines(served) if line.get("status") in (404, 400)]) == 2)


@row("A5-logged")
def test_no_secret_is_logged(served: Served) -> None:
    api = make_api(served.address)
    browser = TestApp(served.address)
    form = browser.get("/auth/login").forms[0]
    form["email"], form["password"] = api.email, PASSWORD
    form.submit(status=303)
    browser.get("/notes")
    TestApp(served.address).post("/api/auth/login", {"username": api.email, "password": PASSWORD + "?"}, status=400)
    api.get("/api/tasks?token=" + api.token, status=422)
    misplaced = {"username": api.email, "password": PASSWORD}  # A5
    TestApp(served.address).post("/api/auth/login?" + urlencode(misplaced), status=400)
    TestApp(served.address).post_json("/api/auth/login", misplaced, status=400)
    form = browser.get("/account").forms["new-token"]
    form["name"] = "a program"
    token = token_of(form.submit(status=201))
    TestApp(served.address).get("/api/tasks?x=1", headers={"Authorization": f"Bearer {token}"}, status=422)
    wait_until(lambda: any(line.get("status") == 422 for line in lines(served)))
    text = served.log.read_text()
    for secret in (PASSWORD, urlencode({"": PASSWORD})[1:], api.token, token, CANARY, *browser.cookies.values()):
        assert secret not in text
