"""The site shows times in the user's time zone, the API in UTC."""

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api


def log_in(app: TestApp, api: Api, zone: str) -> TestApp:
    form = app.get("/auth/login").forms[0]
    form["email"], form["password"], form["time_zone"] = api.email, PASSWORD, zone
    form.submit(status=303)
    return app


def shown(app: TestApp, task: int) -> str:
    return str(app.get(f"/notes/{task}").html.find("time").text)


@pytest.fixture
def task(api: Api) -> int:
    return int(api.post_json("/api/tasks", {"title": "x", "due_at": "2026-11-25T17:00:00Z"}).json["id"])


def test_the_zone_is_learnt_from_the_browser_that_registers(app: TestApp, email: str) -> None:
    form = app.get("/auth/register").forms[0]
    form["email"], form["password"], form["time_zone"] = email, PASSWORD, "Europe/Brussels"
    form.submit(status=303)
    app.post("/notes", {"title": "x", "due_at": "2026-11-25T18:00"}, headers=token(app))
    assert "Wed 25 Nov 2026, 18:00 CET" in app.get("/notes")


def token(app: TestApp) -> dict[str, str]:
    return {"X-CSRF-Token": str(app.get("/notes").forms["add"]["csrf_token"].value)}


def test_the_first_browser_that_logs_in_says_the_zone(app: TestApp, api: Api, task: int) -> None:
    assert shown(log_in(app, api, "Europe/Brussels"), task) == "Wed 25 Nov 2026, 18:00 CET"
    assert app.get(f"/notes/{task}/edit").forms[f"edit-{task}"]["due_at"].value == "2026-11-25T18:00"
    app.reset()
    assert shown(log_in(app, api, "Asia/Tokyo"), task) == "Wed 25 Nov 2026, 18:00 CET"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 300])
def test_without_a_zone_it_is_utc_and_the_form_says_so(app: TestApp, api: Api, task: int, zone: str) -> None:
    assert shown(log_in(app, api, zone), task) == "Wed 25 Nov 2026, 17:00 UTC"
    assert "UTC" in app.get(f"/notes/{task}/edit").html.find("label", {"for": f"edit-{task}-due_at"}).text


def test_the_api_stays_with_utc(app: TestApp, api: Api, task: int) -> None:
    log_in(app, api, "Europe/Brussels")
    assert api.get(f"/api/tasks/{task}").json["due_at"] == "2026-11-25T17:00:00Z"
    assert "time_zone" not in api.get("/api/users/me").json
