"""Notes in two windows at once: no text is lost, and deleted notes can be restored."""

import re
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api


@pytest.fixture
def task(api: Api) -> Any:
    return api.post_json("/api/tasks", {"title": "First", "tags": ["a"]}, status=201).json


@pytest.fixture
def hx(site: TestApp) -> dict[str, str]:
    token = site.get("/notes").forms["add"]["csrf_token"].value
    return {"HX-Request": "true", "X-CSRF-Token": token}


def url(task: Any) -> str:
    return f"/api/tasks/{task['id']}"


def edit_form(site: TestApp, task: Any) -> Any:
    return site.get(f"/notes/{task['id']}/edit").forms[f"edit-{task['id']}"]


def differences(page: Any) -> list[list[str]]:
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', page.text, re.DOTALL)
    return [[re.sub(r"<[^>]*>", "", cell) for cell in row] for row in rows]


def test_a_stale_save_shows_both_texts_and_changes_nothing(site: TestApp, api: Api, task: Any) -> None:
    form = edit_form(site, task)
    theirs = api.patch_json(url(task), {"title": "Their <b>", "status": "in_progress", "tags": []}).json
    form["title"], form["description"], form["due_at"] = "Mine", "My\nlines", "2026-11-30T17:00"
    page = form.submit(status=409)
    assert "This changed in the meantime" in page
    assert "data-focus" not in page
    assert page.text.count("autofocus") == 1
    assert differences(page) == [
        ["Title", "Mine", "Their &lt;b&gt;"],
        ["Notes", "My\nlines", "Empty"],
        ["Status", "Pending", "In progress"],
        ["Due", "2026-11-30 17:00", "Empty"],
        ["Tags", "a", "Empty"],
    ]
    assert page.forms[f"edit-{task['id']}"]["description"].value == "My\nlines"
    assert api.get(url(task)).json == theirs
    assert page.click("Use theirs").html.find("h1").text == "Their <b>"


def test_who_keeps_their_own_text_saves_it_over_what_they_saw(site: TestApp, api: Api, task: Any) -> None:
    form = edit_form(site, task)
    api.patch_json(url(task), {"title": "Theirs"})
    form["title"] = "Mine"
    conflict = form.submit(status=409)
    api.patch_json(url(task), {"title": "Theirs again"})
    conflict = conflict.forms[f"edit-{task['id']}"].submit(status=409)
    assert differences(conflict) == [["Title", "Mine", "Theirs again"]]
    assert "Saved." in conflict.forms[f"edit-{task['id']}"].submit(status=303).follow()
    assert api.get(url(task)).json["title"] == "Mine"


def test_the_same_text_from_two_windows_is_no_conflict(site: TestApp, api: Api, task: Any) -> None:
    first, second = edit_form(site, task), edit_form(site, task)
    for form in (first, second):
        form["title"] = "The same"
        assert "Saved." in form.submit(status=303).follow()
    assert api.get(url(task)).json["version"] == 2


def test_a_form_with_mistakes_still_knows_which_version_it_shows(site: TestApp, api: Api, task: Any) -> None:
    form = edit_form(site, task)
    api.patch_json(url(task), {"title": "Theirs"})
    form["title"] = " "
    form = form.submit(status=422).forms[f"edit-{task['id']}"]
    form["title"] = "Mine"
    form.submit(status=409)


@pytest.mark.parametrize("version", ["0", "-1", "x", "9" * 400, "1e0", "\u0661"])
def test_a_version_that_no_form_has_is_a_conflict(site: TestApp, api: Api, task: Any, version: str) -> None:
    form = edit_form(site, task)
    form["version"], form["title"] = version, "Mine"
    form.submit(status=409)
    assert api.get(url(task)).json == task


def test_in_a_list_the_row_shows_the_conflict(site: TestApp, api: Api, task: Any, hx: dict[str, str]) -> None:
    api.patch_json(url(task), {"title": "Theirs"})
    answer = site.post(f"/notes/{task['id']}/edit", {"title": "Mine", "version": "1"}, headers=hx, status=409)
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == (f"#task-{task['id']}", "outerHTML")
    assert answer.text.lstrip().startswith(f'<li class="edit" id="task-{task["id"]}"')
    assert answer.text.count("data-focus") == 1
    assert answer.forms[f"edit-{task['id']}"]["version"].value == "2"


def test_a_stale_page_completes_what_is_completed_already(site: TestApp, api: Api, task: Any) -> None:
    first, second = (site.get("/notes").forms[f"toggle-{task['id']}"] for _ in range(2))
    for form in (first, second):
        form.submit(status=303)
    found = api.get(url(task)).json
    assert (found["status"], found["version"]) == ("completed", 2)
    site.get(f"/notes/{task['id']}").forms[f"toggle-{task['id']}"].submit(status=303)
    assert api.get(url(task)).json["status"] == "pending"


def test_a_deletion_can_be_undone(site: TestApp, api: Api, task: Any) -> None:
    page = site.get("/notes").forms[f"delete-{task['id']}"].submit(status=303).follow()
    [undo] = [form for form in page.forms.values() if form.action == f"/notes/{task['id']}/restore"]
    back = undo.submit(status=303)
    assert "Restored." in back.follow()
    assert api.get(url(task)).json == task
    assert f"/notes/{task['id']}/restore" not in site.get("/notes")
    undo.submit(status=404)


def test_a_deletion_in_a_list_can_be_undone_in_place(site: TestApp, api: Api, task: Any, hx: dict[str, str]) -> None:
    gone = site.post(f"/notes/{task['id']}/delete", headers=hx, status=200)
    assert f'hx-post="/notes/{task["id"]}/restore"' in gone
    assert re.search(r'id="counts" hx-swap-oob="true"><span>Week \d+</span> · <span>nothing planned yet', gone.text)
    back = site.post(f"/notes/{task['id']}/restore", headers=hx, status=200)
    assert re.search(r'<ul hx-swap-oob="afterbegin:#rows-none">\s*<li class="row[^"]*" id="task-', back.text)
    assert "<span>1 open</span>" in back
    assert "Undo" not in back
    assert api.get(url(task)).json == task


def test_a_note_in_the_trash_is_not_there_for_anything_else(
    site: TestApp, api: Api, other: Api, task: Any, hx: dict[str, str]
) -> None:
    api.delete(url(task))
    site.get(f"/notes/{task['id']}", status=404)
    site.get(f"/notes/{task['id']}/restore", status=405)
    for name in ("toggle", "delete", "edit"):
        site.post(f"/notes/{task['id']}/{name}", {"title": "x"}, headers=hx, status=404)
    theirs = other.post_json("/api/tasks", {"title": "Theirs"}).json
    other.delete(url(theirs))
    site.post(f"/notes/{theirs['id']}/restore", headers=hx, status=404)
    other.post(f"{url(theirs)}/restore", status=200)
