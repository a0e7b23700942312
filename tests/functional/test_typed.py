"""What was written is not lost when a form is too old: it can be sent again from the page that says so."""

from typing import Any

import pytest
from webtest import TestApp

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


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_the_text_of_another_site_cannot_be_sent_by_a_click(browser: TestApp, headers: dict[str, str]) -> None:
    page = browser.post("/notes", TEXT | {"csrf_token": "old"}, headers=headers, status=400)
    assert again(page) is None
    assert "yours" not in page


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register", "/account/tokens"])
def test_a_password_never_comes_back(browser: TestApp, path: str) -> None:
    fields = {"email": "a@example.com", "password": "tell nobody", "title": "tell nobody", "csrf_token": "old"}
    page = browser.post(path, fields, headers=HERE, status=400)
    assert again(page) is None
    assert "tell nobody" not in page


@pytest.mark.parametrize("fields", [{"title": " "}, {"status": "completed"}, {}])
def test_where_nothing_was_written_nothing_comes_back(browser: TestApp, fields: dict[str, str]) -> None:
    assert again(browser.post("/notes", fields | {"csrf_token": "old"}, headers=HERE, status=400)) is None
