"""C9: which origins may call the API, and H2: the responses to OPTIONS."""

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api
from tests.rows import row

ALLOWED = "http://localhost:3000"
OTHERS = (
    "http://localhost:3000.evil.example",
    "http://localhost",
    "http://localhost:3001",
    "https://localhost:3000",
    "HTTP://LOCALHOST:3000",
    "http://localhost:3000/",
    "http://evil.example",
    "null",
    "*",
    "",
)
ASKS = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}


def cors_headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}


def varies(answer: Any) -> set[str]:
    return {name.strip() for name in answer.headers.get("Vary", "").split(",")}


@pytest.mark.parametrize("path", ["/api/tasks/7", "/api/auth/login", "/api", "/api/nothing"])
@row("C9")
def test_a_preflight_of_an_allowed_origin_needs_no_token(app: TestApp, path: str) -> None:
    answer = app.options(path, headers={"Origin": ALLOWED, **ASKS}, status=204)
    found = cors_headers(answer)
    assert found["Access-Control-Allow-Origin"] == ALLOWED
    assert "PATCH" in found["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"} <= set(
        found["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in found
    assert {"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} <= varies(answer)


@pytest.mark.parametrize("origin", OTHERS)
@row("C9")
def test_another_origin_is_told_nothing(app: TestApp, api: Api, origin: str) -> None:
    preflight = app.options("/api/tasks", headers={"Origin": origin, **ASKS}, status=204)
    for answer in (preflight, api.get("/api/tasks", headers={"Origin": origin}), app.get("/api/tasks", status=401)):
        assert cors_headers(answer) == {}
        assert "Origin" in varies(answer)


@row("C9")
def test_every_answer_of_the_api_can_be_read_errors_too(app: TestApp, api: Api) -> None:
    origin = {"Origin": ALLOWED}
    large = b'{"title": "' + b"x" * (1024 * 1024) + b'"}'
    answers = (
        api.get("/api/tasks", headers=origin),
        api.get("/api/tasks", headers={**origin, "If-None-Match": api.get("/api/tasks").headers["ETag"]}, status=304),
        api.post_json("/api/tasks", {"title": "x"}, headers=origin, status=201),
        api.post_json("/api/tasks", {}, headers=origin, status=422),
        api.get("/api/tasks/999999999", headers=origin, status=404),
        api.put("/api/tasks", headers=origin, status=405),
        api.options("/api/tasks", headers=origin, status=204),
        api.post("/api/tasks", large, headers=origin, content_type="application/json", status=413),
        api.get("/api/%ff", headers=origin, status=400),
        app.get("/api/tasks", headers=origin, status=401),
        app.get("/api/tasks/7", headers=origin, status=401),
        app.get("/api/tasks/export?format=csv", headers=origin, status=401),
    )
    for answer in answers:
        found = cors_headers(answer)
        assert found.pop("Access-Control-Allow-Origin") == ALLOWED, answer
        exposed = set(found.pop("Access-Control-Expose-Headers").split(", "))
        assert {"ETag", "Link", "Location", "X-Request-ID", "Retry-After", "RateLimit", "X-Cache"} <= exposed
        assert found == {}
        assert "Origin" in varies(answer)


@row("C9")
def test_pages_of_the_site_are_for_no_other_site(app: TestApp, browser: TestApp) -> None:
    for path in ("/", "/notes", "/auth/login", "/static/site.css", "/livez", "/nothing", "/apis"):
        for method in ("GET", "OPTIONS"):
            answer = browser.request(path, method=method, headers={"Origin": ALLOWED, **ASKS}, status="*")
            assert cors_headers(answer) == {}, path


@row("H2")
def test_options_without_a_preflight_says_what_is_allowed(app: TestApp, api: Api) -> None:
    assert api.options("/api/tasks", status=204).headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert app.options("/api", headers={"Origin": ALLOWED}, status=204).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert app.options("/", status=204).headers["Allow"] == "GET, HEAD, OPTIONS"
