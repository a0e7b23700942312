"""Cross-site forms, and expired forms."""

import pytest
from webtest import TestApp


@pytest.mark.parametrize("token", [None, "", "wrong"])
@pytest.mark.parametrize("path", ["/notes", "/reports", "/auth/logout"])
def test_a_form_without_its_token_changes_nothing(browser: TestApp, path: str, token: str | None) -> None:
    fields = {"title": "planted"} | ({} if token is None else {"csrf_token": token})
    answer = browser.post(path, fields, status=400)
    assert "Invalid CSRF token" in answer
    assert "<html" in answer
    assert "planted" not in browser.get("/notes")


def test_logging_in_and_registering_need_a_token_too(app: TestApp, email: str) -> None:
    for path in ("/auth/login", "/auth/register"):
        assert "Invalid CSRF token" in app.post(path, {"email": email, "password": "long enough"}, status=400)


def test_a_token_in_the_address_does_not_count(browser: TestApp) -> None:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    browser.post(f"/notes?csrf_token={token}", {"title": "x"}, status=400)
    browser.post("/notes", {"title": "x", "csrf_token": token}, status=303)


def test_a_token_of_before_the_login_is_too_old(app: TestApp, email: str) -> None:
    form = app.get("/auth/register").forms[0]
    before = form["csrf_token"].value
    form["email"], form["password"] = email, "long enough"
    form.submit(status=303)
    app.post("/notes", {"title": "x", "csrf_token": before}, status=400)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_a_token(browser: TestApp, headers: dict[str, str]) -> None:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    fields = {"title": "planted", "csrf_token": token}
    assert "Invalid CSRF token" in browser.post("/notes", fields, headers=headers, status=400)
    assert "planted" not in browser.get("/notes")


def test_a_form_of_this_site_is_taken(browser: TestApp) -> None:
    page = browser.get("/notes")
    fields = {"title": "mine", "csrf_token": page.forms["add"]["csrf_token"].value}
    headers = {"Origin": f"http://{page.request.host}", "Sec-Fetch-Site": "same-origin"}
    browser.post("/notes", fields, headers=headers, status=303)


def test_htmx_gets_a_fragment_of_the_answer(browser: TestApp) -> None:
    answer = browser.post("/notes", {"title": "x"}, headers={"HX-Request": "true"}, status=400)
    assert "Invalid CSRF token" in answer
    assert "<html" not in answer


def test_methods_are_not_overridden(browser: TestApp) -> None:
    browser.get("/auth/logout", status=405)
    browser.get("/auth/logout?_method=POST", headers={"X-HTTP-Method-Override": "POST"}, status=405)
    browser.get("/notes", status=200)
