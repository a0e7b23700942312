"""Actions on several notes, the trash, and undo for both."""

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api


@pytest.fixture
def tasks(api: Api) -> list[Any]:
    statuses = ("pending", "in_progress", "completed", "pending")
    return [
        api.post_json("/api/tasks", {"title": f"Task {number}", "status": status}, status=201).json
        for number, status in enumerate(statuses)
    ]


@pytest.fixture
def hx(site: TestApp) -> dict[str, str]:
    return {"HX-Request": "true", "X-CSRF-Token": site.get("/notes").forms["add"]["csrf_token"].value}


def statuses(api: Api) -> list[str]:
    return [task["status"] for task in api.get("/api/tasks?sort=created_at").json["items"]]


def submit(page: Any, action: str, chosen: list[Any]) -> Any:
    form = page.forms["bulk"]
    boxes = {box._value: box for box in form.fields["id"]}  # WebTest's name for it
    for task in chosen:
        boxes[str(task["id"])].checked = True
    return form.submit("action", value=action, status=303).follow()


def undo(page: Any) -> Any:
    [form] = [form for form in page.forms.values() if "action=" in form.action]
    return form.submit(status=303).follow()


def test_chosen_tasks_are_completed_and_opened_again_as_they_were(site: TestApp, api: Api, tasks: list[Any]) -> None:
    page = submit(site.get("/notes?status=all"), "complete", tasks[:3])
    assert "Completed 2 tasks." in page
    assert statuses(api) == ["completed", "completed", "completed", "pending"]
    assert "Reopened 2 tasks." in undo(page)
    assert statuses(api) == ["pending", "in_progress", "completed", "pending"]


def test_what_somebody_opened_meanwhile_stays_as_they_left_it(site: TestApp, api: Api, tasks: list[Any]) -> None:
    page = submit(site.get("/notes"), "complete", [tasks[0], tasks[1]])
    api.patch_json(f"/api/tasks/{tasks[0]['id']}", {"status": "in_progress"})
    assert "Reopened 1 task." in undo(page)
    assert statuses(api) == ["in_progress", "in_progress", "completed", "pending"]


def test_chosen_tasks_are_deleted_and_restored(site: TestApp, api: Api, tasks: list[Any]) -> None:
    page = submit(site.get("/notes"), "delete", [tasks[0], tasks[1]])
    assert "Deleted 2 tasks." in page
    assert api.get("/api/tasks").json["total"] == 2
    assert "Restored 2 tasks." in undo(page)
    assert api.get("/api/tasks?sort=created_at").json["items"] == tasks


def test_what_was_gone_already_is_passed_over(site: TestApp, api: Api, other: Api, tasks: list[Any], hx: Any) -> None:
    theirs = other.post_json("/api/tasks", {"title": "Theirs"}).json
    api.delete(f"/api/tasks/{tasks[0]['id']}")
    ids = [("id", str(task["id"])) for task in (*tasks, theirs, tasks[1])]
    page = site.post("/notes/bulk", [("action", "delete"), *ids, ("id", "999999999")], headers=hx)
    assert "Deleted 3 tasks." in page
    assert len(page.html.select("li[hx-swap-oob=delete]")) == 3
    assert other.get(f"/api/tasks/{theirs['id']}").json == theirs
    for action in ("complete", "delete", "restore", "reopen"):
        site.post("/notes/bulk", {"action": action, "id": str(theirs["id"])}, headers=hx, status=200)
    assert other.get(f"/api/tasks/{theirs['id']}").json == theirs


def test_nothing_chosen_is_nothing_done(site: TestApp, tasks: list[Any], api: Api) -> None:
    page = submit(site.get("/notes"), "complete", [])
    assert "No task was selected." in page
    assert statuses(api) == ["pending", "in_progress", "completed", "pending"]


def test_rows_change_in_place_by_htmx_and_undo_is_offered(
    site: TestApp, api: Api, tasks: list[Any], hx: dict[str, str]
) -> None:
    fields = [("action", "complete"), ("id", str(tasks[0]["id"])), ("id", str(tasks[1]["id"]))]
    done = site.post("/notes/bulk", fields, headers=hx)
    assert [row["id"] for row in done.html.select("li[hx-swap-oob=true]")] == [
        f"task-{task['id']}" for task in tasks[:2]
    ]
    [back] = [form for form in done.forms.values() if "reopen" in form.action]
    again = site.post(back.action, headers=hx)
    assert "Reopened 2 tasks." in again
    assert statuses(api) == ["pending", "in_progress", "completed", "pending"]


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("action", "explode"), ("id", "1")],
        [("action", "delete"), ("id", "x")],
        [("action", "delete"), ("id", "0")],
        [("action", "delete"), ("id", "9" * 10)],
        [("action", "delete"), ("id", "\u0661")],
        [("action", "reopen"), ("started", "-1")],
        [("action", "delete"), *[("id", str(number)) for number in range(1, 202)]],
    ],
)
def test_what_cannot_be_meant_is_refused(site: TestApp, hx: dict[str, str], fields: Any) -> None:
    site.post("/notes/bulk", fields, headers=hx, status=422)
    site.post("/notes/bulk", fields, headers={"X-CSRF-Token": hx["X-CSRF-Token"]}, status=422)


def test_the_trash_shows_what_was_deleted_and_until_when(site: TestApp, api: Api, tasks: list[Any]) -> None:
    for task in tasks[:3]:
        api.delete(f"/api/tasks/{task['id']}")
    page = site.get("/notes?view=trash&limit=2")
    assert [row.select_one("bdi").text for row in page.html.select("li.row")] == ["Task 2", "Task 1"]
    assert "Kept until" in page
    page = page.click("Show 1 more")
    assert [row.select_one("bdi").text for row in page.html.select("li.row")] == ["Task 0"]
    page = page.forms[f"restore-{tasks[0]['id']}"].submit(status=303).follow()
    assert "Restored." in page
    assert api.get(f"/api/tasks/{tasks[0]['id']}").json == tasks[0]


def test_a_task_restored_in_the_trash_leaves_it(site: TestApp, api: Api, tasks: list[Any], hx: dict[str, str]) -> None:
    api.delete(f"/api/tasks/{tasks[0]['id']}")
    hx["HX-Current-URL"] = f"{site.get('/notes').request.host_url}/notes?view=trash"
    back = site.post(f"/notes/{tasks[0]['id']}/restore", headers=hx)
    assert back.html.select("li") == []
    assert "The trash is empty." in back
