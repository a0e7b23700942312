"""The health checks of the application."""

from webtest import TestApp

from tests.functional.conftest import health


def test_a_living_process_says_so(app: TestApp) -> None:
    assert app.get("/livez").json == {"status": "ok"}


def test_health_names_each_part(app: TestApp) -> None:
    assert set(health(app, "status", "ok")["checks"]) == {
        "database",
        "schema",
        "auth",
        "tasks",
        "cache",
        "jobs",
        "analytics",
    }


def test_every_answer_carries_its_request_id_and_headers(app: TestApp) -> None:
    for path in ("/", "/livez", "/api", "/api/tasks", "/nowhere", "/static/site.css"):
        answer = app.get(path, headers={"X-Request-ID": "given-1.2_3"}, status="*")
        assert answer.headers["X-Request-ID"] == "given-1.2_3", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], path
    bad = app.get("/livez", headers={"X-Request-ID": "no spaces please"})
    assert bad.headers["X-Request-ID"] != "no spaces please"
