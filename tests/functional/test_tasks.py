"""Tasks that are created on one surface can be read on the other."""

from webtest import TestApp

from tests.functional.conftest import Api


def log_in(browser: TestApp, api: Api) -> None:
    form = browser.get("/auth/login").forms[0]
    form["email"], form["password"] = api.email, "correct horse battery"
    form.submit(status=303)


def test_a_note_written_on_the_site_is_read_back_through_the_api(app: TestApp, api: Api) -> None:
    log_in(app, api)
    form = app.get("/notes").forms["add"]
    form["title"] = "Write the <release> notes"
    page = form.submit(status=303).follow()
    assert "Write the &lt;release&gt; notes" in page

    listed = api.get("/api/tasks").json
    assert listed["total"] == 1
    [task] = listed["items"]
    assert task["title"] == "Write the <release> notes"
    assert task["status"] == "pending"
    assert task["owner_id"] == api.user_id
    assert api.get(f"/api/tasks/{task['id']}").json == task


def test_a_task_of_the_api_has_every_field(api: Api) -> None:
    body = {
        "title": "Ünïcode 🎈",
        "description": "Two\nlines",
        "status": "completed",
        "priority": "high",
        "due_at": "2026-11-30T12:00:00+02:00",
        "tags": ["b", "a", "b"],
    }
    answer = api.post_json("/api/tasks", body, status=201)
    task = answer.json
    assert answer.location.endswith(f"/api/tasks/{task['id']}")
    assert task["due_at"] == "2026-11-30T10:00:00Z"
    assert task["tags"] == ["a", "b"]
    assert task["completed_at"] is not None
    assert task["version"] == 1
    assert {name: task[name] for name in ("title", "description", "priority")} == {
        name: body[name] for name in ("title", "description", "priority")
    }


def test_toggling_completes_and_reopens(app: TestApp, api: Api) -> None:
    task = api.post_json("/api/tasks", {"title": "Toggle me"}).json
    log_in(app, api)
    page = app.get("/notes")
    page.forms[f"toggle-{task['id']}"].submit(status=303)
    done = api.get(f"/api/tasks/{task['id']}").json
    assert (done["status"], done["version"]) == ("completed", 2)
    app.get("/notes?status=completed").forms[f"toggle-{task['id']}"].submit(status=303)
    reopened = api.get(f"/api/tasks/{task['id']}").json
    assert (reopened["status"], reopened["completed_at"]) == ("pending", None)


def test_htmx_gets_fragments(app: TestApp, api: Api) -> None:
    log_in(app, api)
    token = app.get("/notes").forms["add"]["csrf_token"].value
    headers = {"HX-Request": "true", "X-CSRF-Token": token}
    added = app.post("/notes", {"title": "By HTMX"}, headers=headers, status=200)
    assert "By HTMX" in added
    assert "<html" not in added
    task_id = api.get("/api/tasks").json["items"][0]["id"]
    toggled = app.post(f"/notes/{task_id}/toggle", headers=headers, status=200)
    assert "<html" not in toggled
    assert api.get(f"/api/tasks/{task_id}").json["status"] == "completed"
    refused = app.post("/notes", {"title": " "}, headers=headers, status=422)
    assert "<html" not in refused


def test_another_owners_task_is_not_there(api: Api, other: Api, browser: TestApp) -> None:
    task = api.post_json("/api/tasks", {"title": "Mine"}).json
    assert other.get(f"/api/tasks/{task['id']}", status=404).json["code"] == "not_found"
    assert other.get("/api/tasks").json["total"] == 0
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    browser.post(f"/notes/{task['id']}/toggle", {"csrf_token": token}, status=404)


def test_the_list_comes_from_the_cache_until_a_task_changes(api: Api) -> None:
    api.post_json("/api/tasks", {"title": "One"})
    verdicts = [api.get("/api/tasks").headers["X-Cache"] for _ in range(2)]
    assert verdicts == ["miss", "hit"]
    api.post_json("/api/tasks", {"title": "Two"})
    again = api.get("/api/tasks")
    assert again.headers["X-Cache"] == "miss"
    assert again.json["total"] == 2


def test_paths_lead_to_one_place_only(api: Api) -> None:
    task = api.post_json("/api/tasks", {"title": "One"}).json
    for path in (
        f"/api/tasks/{task['id']}/",
        "/api/tasks/@@",
        f"/api/tasks/{task['id']}/zzz",
        "/api/tasks/stats/zzz",
        "/api//tasks",
        "/api/./tasks",
    ):
        assert api.get(path, status=404).json["status"] == 404
    for name in ("0", "01", "-1", "+1", "1_0", "%D9%A3", "9999999999", "x"):
        api.get(f"/api/tasks/{name}", status=404)


def test_a_wrong_method_is_told_the_right_ones(api: Api) -> None:
    answer = api.delete("/api/tasks", status=405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.json["code"] == "method_not_allowed"
    assert api.options("/api/tasks", status=204).headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert api.head("/api/tasks", status=200).body == b""
