"""User input is not lost when a form has expired: the error page can send it again."""

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api
from tests.functional.test_tasks import log_in

TEXT = {"title": 'Mine & "yours" <b>', "description": "first\r\n  second", "tags": "a, b", "priority": "high"}
HERE = {"Sec-Fetch-Site": "same-origin"}


def again(page: Any) -> Any:
    return page.forms.get("again")


@pytest.mark.parametrize("header", ["Sec-Fetch-Site", "Origin"])
def test_a_text_comes_back_and_can_be_sent_again(browser: TestApp, header: str) -> None:
    headers = HERE if header in HERE else {header: f"http://{browser.get('/notes').request.host}"}
    page = browser.post("/notes", TEXT | {"csrf_token": "old"}, headers=headers, status=400)
    assert "Invalid CSRF token. Send it again. Your text is below." in page
    form = again(page)
    assert form["title"].value == TEXT["title"]
    assert form["priority"].value == "high"
    form["title"] = "Sent again"
    form.submit(status=303)
    assert "Sent again" in browser.get("/notes")


def test_an_edit_comes_back_with_its_version(browser: TestApp) -> None:
    add = browser.get("/notes").forms["add"]
    add["title"] = "First"
    add.submit(status=303)
    path = browser.get("/notes").html.find("a", class_="title")["href"]
    forms = browser.get(f"{path}/edit").forms.values()
    form = next(form for form in forms if form.action == f"{path}/edit")
    form["title"], form["csrf_token"] = "Second", "old"
    page = form.submit(headers=HERE, status=400)
    assert again(page)["version"].value == form["version"].value
    again(page).submit(status=303)
    assert "Second" in browser.get(path)


def test_an_edit_of_a_task_that_was_deleted_meanwhile_comes_back_and_can_be_sent_once_it_is_restored(
    site: TestApp, api: Api
) -> None:
    task = f"/notes/{api.post_json('/api/tasks', {'title': 'First'}).json['id']}"
    form = site.get(f"{task}/edit").forms[f"edit-{task.rpartition('/')[2]}"]
    form["title"], form["description"] = "Second", "written for an hour"
    token = {"X-CSRF-Token": form["csrf_token"].value}
    site.post(f"{task}/delete", headers=token, status=303)
    page = form.submit(headers=HERE, status=404)
    assert "the task may be in the trash" in page
    assert again(page)["description"].value == "written for an hour"
    site.post(f"{task}/restore", headers=token, status=303)
    again(page).submit(status=303)
    assert "written for an hour" in site.get(task)


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_the_text_of_another_site_cannot_be_sent_by_a_click(browser: TestApp, headers: dict[str, str]) -> None:
    page = browser.post("/notes", TEXT | {"csrf_token": "old"}, headers=headers, status=400)
    assert again(page) is None
    assert "yours" not in page


SECRET = "tell nobody"
OTHERS = {
    "/auth/login": {"email": "a@example.com", "password": SECRET},
    "/auth/register": {"email": "a@example.com", "password": SECRET},
    "/account/email": {"email": "a@example.com", "current_password": SECRET},
    "/account/tokens": {"name": "The printer", "days": "30"},
}


@pytest.mark.parametrize(("path", "fields"), OTHERS.items())
def test_what_was_typed_comes_back_in_other_forms_without_a_password(
    browser: TestApp, path: str, fields: dict[str, str]
) -> None:
    odd = {"title": SECRET, "new_password": SECRET, "csrf_token": "old"}
    page = browser.post(path, fields | odd, headers=HERE, status=400)
    assert SECRET not in page
    form = again(page)
    assert form.action == path
    shown = {name: "" if "password" in name else text for name, text in fields.items()}
    assert {name: form[name].value for name in shown} == shown
    assert [field["name"] for field in page.html.find_all("input", type="password")] == [
        name for name in fields if "password" in name
    ]


def test_a_form_without_anything_but_a_password_does_not_come_back(browser: TestApp) -> None:
    for path in ("/account/password", "/account/delete"):
        fields = {"current_password": SECRET, "new_password": SECRET, "proof": SECRET, "csrf_token": "old"}
        page = browser.post(path, fields, headers=HERE, status=400)
        assert again(page) is None
        assert SECRET not in page


def logged_out(browser: TestApp, api: Api) -> None:
    """Log in, open a page, and drop the browser's cookies while the page is open."""
    log_in(browser, api)
    browser.get("/notes")
    browser.reset()


def come_back(page: Any, api: Api) -> Any:
    """Log in at the second try, and return the page after it."""
    for password, status in (("wrong", 422), (PASSWORD, 200)):
        form = page.forms[0]
        form["email"], form["password"] = api.email, password
        page = form.submit(status=status)
    return page


def test_what_was_typed_outlives_the_login(app: TestApp, api: Api) -> None:
    logged_out(app, api)
    page = app.post("/notes", TEXT | {"csrf_token": "of before"}, headers=HERE, status=403)
    assert page.headers["Cache-Control"] == "no-store"
    form = again(come_back(page, api))
    assert {name: form[name].value for name in TEXT} == TEXT
    form.submit(status=303)
    assert api.get("/api/tasks").json["items"][0]["title"] == TEXT["title"]


def test_what_could_be_undone_is_not_told_to_who_is_logged_out(app: TestApp, api: Api) -> None:
    task = api.post_json("/api/tasks", {"title": "Secret"}).json["id"]
    log_in(app, api)
    form = app.get("/notes").forms["add"]
    app.post(f"/notes/{task}/delete", headers={"X-CSRF-Token": form["csrf_token"].value}, status=303)
    password = {"current_password": PASSWORD, "new_password": "another good password"}
    api.patch_json("/api/users/me", password)  # this ends all logins
    page = app.get("/notes", status=303).follow()
    assert "Welcome back." in page
    assert "Secret" not in page


def test_a_fragment_says_so_and_leads_there(app: TestApp, api: Api) -> None:
    logged_out(app, api)
    headers = HERE | {"HX-Request": "true"}
    assert app.post("/notes", {"title": " "}, headers=headers, status=401).headers["HX-Redirect"]
    note = app.post("/notes", TEXT, headers=headers, status=401)
    assert "HX-Redirect" not in note.headers
    page = note.forms[0].submit(headers=HERE, status=403)
    assert again(come_back(page, api))["title"].value == TEXT["title"]


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}])
def test_the_text_of_another_site_does_not_come_back_after_a_login(app: TestApp, headers: dict[str, str]) -> None:
    assert app.post("/notes", TEXT, headers=headers, status=303).location.endswith("/auth/login")


@pytest.mark.parametrize("kept", ["//evil.example/notes", "/admin/users", "https://evil.example", "/nowhere", ""])
def test_a_login_brings_back_no_form_that_is_none(app: TestApp, api: Api, kept: str) -> None:
    form = app.get("/auth/login").forms[0]
    fields = dict(form.submit_fields()) | {"email": api.email, "password": PASSWORD, "kept": kept, "kept.title": "x"}
    assert app.post("/auth/login", fields, status=303).location.endswith("/notes")


@pytest.mark.parametrize("fields", [{"title": " "}, {"status": "completed"}, {}])
def test_where_nothing_was_written_nothing_comes_back(browser: TestApp, fields: dict[str, str]) -> None:
    assert again(browser.post("/notes", fields | {"csrf_token": "old"}, headers=HERE, status=400)) is None
