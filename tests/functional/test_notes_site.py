"""Notes in a browser without JavaScript: forms, redirects and messages."""

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api


def add(api: Api, title: str, **fields: Any) -> Any:
    return api.post_json("/api/tasks", {"title": title, **fields}, status=201).json


def titles(page: Any) -> list[str]:
    """Return the titles of the rows, from the top."""
    return [row.text for row in page.html.select("a.title bdi")]


def test_an_empty_list_says_what_to_do(site: TestApp) -> None:
    page = site.get("/notes")
    assert "Type your first task above and press Enter." in page
    assert 'id="list"' in page


def test_a_task_is_added_with_all_its_fields(site: TestApp, api: Api) -> None:
    form = site.get("/notes").forms["add"]
    form["title"], form["due_at"], form["priority"] = "Call Priya", "2026-11-30T17:00", "high"
    assert "Added." in form.submit(status=303).follow()
    more = {"description": "One\r\ntwo", "tags": "ops, home,ops", "csrf_token": form["csrf_token"].value}
    site.post("/notes", {"title": "Call Jonas", **more}, status=303)
    jonas, priya = api.get("/api/tasks").json["items"]
    assert [priya[name] for name in ("title", "due_at", "priority")] == ["Call Priya", "2026-11-30T17:00:00Z", "high"]
    assert [jonas[name] for name in ("description", "tags")] == ["One\ntwo", ["home", "ops"]]
    assert "Added." in site.get("/notes")
    assert "Added." not in site.get("/notes")


def test_a_form_with_mistakes_keeps_what_was_typed(site: TestApp, api: Api) -> None:
    form = site.get("/notes").forms["add"]
    form["title"], form["due_at"], form["priority"] = " ", "2026-11-31T10:00", "high"
    page = form.submit(status=422)
    assert "Give the task a title." in page
    assert "November has 30 days." in page
    assert (page.forms["add"]["due_at"].value, page.forms["add"]["priority"].value) == ("2026-11-31T10:00", "high")
    assert api.get("/api/tasks").json["total"] == 0


def test_filters_live_in_the_address_and_empty_ones_are_none(site: TestApp, api: Api) -> None:
    add(api, "Alpha", tags=["x"], priority="high")
    add(api, "Beta", status="completed")
    add(api, "Gamma", status="in_progress")
    assert titles(site.get("/notes?q=&status=&priority=&sort=")) == ["Alpha", "Gamma"]
    assert titles(site.get("/notes?q=ALPH&status=")) == ["Alpha"]
    assert titles(site.get("/notes?status=completed")) == ["Beta"]
    assert titles(site.get("/notes?status=in_progress")) == ["Gamma"]
    assert titles(site.get("/notes?tag=x&priority=high")) == ["Alpha"]
    assert titles(site.get("/notes?status=all&sort=-title")) == ["Gamma", "Beta", "Alpha"]
    nothing = site.get("/notes?q=zzz")
    assert "Clear the filters." in nothing
    assert nothing.forms["filters"]["q"].value == "zzz"


@pytest.mark.parametrize(
    "query",
    [
        *("status=odd", "view=odd", "limit=0", "offset=x", "sort=colour", "nonsense=1", "owner_id=1", "q=%00"),
        "q=" + "x" * 201,
    ],
)
def test_an_address_that_asks_for_what_is_not_there_gets_a_page(site: TestApp, api: Api, query: str) -> None:
    add(api, "Still here")
    page = site.get(f"/notes?{query}", status=422)
    assert "a filter that does not exist" in page
    assert titles(page) == ["Still here"]


def test_long_lists_go_on_and_keep_the_filters(site: TestApp, api: Api) -> None:
    for number in range(7):
        add(api, f"Task {number}", tags=["a&b"])
    add(api, "Another")
    page = site.get("/notes?tag=a%26b&limit=3")
    assert "4 more" in page
    page = page.click("Show 3 more")
    assert titles(page) == ["Task 3", "Task 4", "Task 5"]
    page = page.click("Show 1 more")
    assert titles(page) == ["Task 6"]
    assert "Show" not in page
    assert titles(page.click("From the start")) == ["Task 0", "Task 1", "Task 2"]


def test_a_cursor_of_another_list_leads_to_the_start_of_this_one(site: TestApp, api: Api) -> None:
    for number in range(3):
        add(api, f"Task {number}")
    cursor = api.get("/api/tasks?limit=1&sort=title").json["next_cursor"]
    assert titles(site.get(f"/notes?limit=2&cursor={cursor}", status=303).follow()) == ["Task 0", "Task 1"]
    fragment = site.get(f"/notes?limit=2&cursor={cursor}", headers={"HX-Request": "true"}, status=204)
    assert fragment.headers["HX-Redirect"] == "/notes?limit=2"


def test_a_task_is_shown_and_edited(site: TestApp, api: Api) -> None:
    task = add(api, "Old", description="Why", due_at="2026-11-30T17:00:00Z", tags=["a", "b"], priority="low")
    page = site.get(f"/notes/{task['id']}")
    assert "Mon 30 Nov 2026, 17:00 UTC" in page
    form = page.click("Edit").forms[f"edit-{task['id']}"]
    shown = {name: form[name].value for name in ("title", "description", "due_at", "tags", "priority", "status")}
    assert shown == {
        "title": "Old",
        "description": "Why",
        "due_at": "2026-11-30T17:00",
        "tags": "a, b",
        "priority": "low",
        "status": "pending",
    }
    form["title"], form["description"], form["due_at"], form["tags"] = "New", "", "", "c"
    form["status"], form["priority"] = "in_progress", "high"
    assert "Saved." in form.submit(status=303).follow()
    saved = api.get(f"/api/tasks/{task['id']}").json
    assert (saved["title"], saved["description"], saved["due_at"], saved["tags"]) == ("New", None, None, ["c"])
    assert (saved["status"], saved["priority"], saved["version"]) == ("in_progress", "high", 2)


def test_an_edit_with_mistakes_changes_nothing_and_keeps_what_was_typed(site: TestApp, api: Api) -> None:
    task = add(api, "Old")
    form = site.get(f"/notes/{task['id']}/edit").forms[f"edit-{task['id']}"]
    form["title"], form["tags"], form["description"] = "x" * 214, "t" * 41, "kept"
    page = form.submit(status=422)
    for words in (
        "Two things to fix.",
        "At most 200 characters; this has 214.",
        "A tag can have at most 40 characters",
    ):
        assert words in page
    assert page.forms[f"edit-{task['id']}"]["description"].value == "kept"
    assert api.get(f"/api/tasks/{task['id']}").json == task


def test_a_deleted_task_is_gone_and_named(site: TestApp, api: Api) -> None:
    task = add(api, "Order <new> badges")
    page = site.get("/notes").forms[f"delete-{task['id']}"].submit(status=303).follow()
    assert "Deleted “Order &lt;new&gt; badges”." in page
    assert titles(page) == []
    api.get(f"/api/tasks/{task['id']}", status=404)


def test_many_deletions_in_a_row_do_not_outgrow_the_cookie(site: TestApp, api: Api) -> None:
    tasks = [add(api, f"{number} " + "🎈" * 190) for number in range(12)]
    page = site.get("/notes")
    for task in tasks:
        page.forms[f"delete-{task['id']}"].submit(status=303)
    assert api.get("/api/tasks").json["total"] == 0


def test_a_form_of_a_filtered_list_leads_back_to_it(site: TestApp, api: Api) -> None:
    task = add(api, "One")
    token = {"csrf_token": site.get("/notes").forms["add"]["csrf_token"].value}
    origin = f"http://{site.get('/notes').request.host}"

    def location(referer: str) -> str:
        return str(site.post(f"/notes/{task['id']}/toggle", token, headers={"Referer": referer}, status=303).location)

    assert location(f"{origin}/notes?q=one").endswith("/notes?q=one")
    assert location(f"{origin}/notes/{task['id']}").endswith(f"/notes/{task['id']}")
    for elsewhere in (
        f"{origin}/elsewhere?q=one",
        "http://x.example/notes?q=one",
        "http://[",
        f"{origin}/notes?q=\xff",
    ):
        assert location(elsewhere).endswith("/notes")


def test_nobody_sees_or_edits_anothers_task(site: TestApp, other: Api) -> None:
    task = add(other, "Theirs")
    token = {"csrf_token": site.get("/notes").forms["add"]["csrf_token"].value}
    site.get(f"/notes/{task['id']}", status=404)
    site.get(f"/notes/{task['id']}/edit", status=404)
    site.post(f"/notes/{task['id']}/edit", {**token, "title": "Mine"}, status=404)
    site.post(f"/notes/{task['id']}/delete", token, status=404)
    assert other.get(f"/api/tasks/{task['id']}").json == task
