"""Light, dark or system theme: a form and a cookie, on every page."""

from urllib.parse import urlsplit

import pytest
from webtest import TestApp


def theme_of(page: TestApp) -> str | None:
    return page.html.html.get("data-theme")


def choose(app: TestApp, path: str, theme: str) -> TestApp:
    page = app.get(path, status="*")
    form = next(form for form in page.forms.values() if form.action == "/theme")
    return form.submit("theme", value=theme, status=303)


def where(answer: TestApp) -> str:
    """Return the path and query to which a response redirects, on this site."""
    to = urlsplit(answer.location)
    assert to.hostname == "localhost"
    return f"{to.path}?{to.query}" if to.query else to.path


@pytest.mark.parametrize("path", ["/", "/auth/login", "/nowhere"])
def test_the_switch_is_on_public_pages_and_leads_back(app: TestApp, path: str) -> None:
    assert theme_of(app.get(path, status="*")) is None
    chosen = choose(app, path, "dark")
    assert where(chosen) == path
    assert theme_of(app.get(path, status="*")) == "dark"
    choose(app, path, "system")
    assert theme_of(app.get(path, status="*")) is None


def test_who_is_signed_in_comes_back_to_the_same_list(browser: TestApp) -> None:
    assert where(choose(browser, "/notes?q=a%20b", "light")) == "/notes?q=a%20b"
    assert theme_of(browser.get("/notes")) == "light"


def test_it_stays_when_one_logs_out(browser: TestApp) -> None:
    choose(browser, "/notes", "dark")
    answer = browser.get("/notes").forms["logout"].submit()
    assert "cookies" not in answer.headers["Clear-Site-Data"]
    assert theme_of(browser.get("/")) == "dark"
    assert "/auth/login" in browser.get("/notes", status=303).location


def test_the_cookie_is_out_of_reach_of_scripts_and_stays(app: TestApp) -> None:
    cookie = choose(app, "/", "dark").headers["Set-Cookie"]
    for part in ("theme=dark", "Max-Age=31536000", "Path=/", "HttpOnly", "SameSite=Lax"):
        assert part in cookie


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "", "x"])
def test_it_leads_nowhere_else(app: TestApp, elsewhere: str) -> None:
    answer = app.post("/theme", {"theme": "dark", "back": elsewhere}, status=303)
    assert where(answer) == "/"


@pytest.mark.parametrize("cookie", ["theme=x", 'theme="><script>', "theme=", "theme=\xff"])
@pytest.mark.parametrize("path", ["/", "/nowhere", "/a//b", "/%ff", "/%00"])
def test_an_odd_cookie_is_none(app: TestApp, cookie: str, path: str) -> None:
    assert theme_of(app.get(path, headers={"Cookie": cookie, "Accept": "text/html"}, status="*")) is None


def test_another_site_cannot_change_it(app: TestApp) -> None:
    answer = app.post("/theme", {"theme": "dark"}, headers={"Origin": "https://evil.example"}, status=400)
    assert "Set-Cookie" not in answer.headers
