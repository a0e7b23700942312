"""The site uses the language of the browser or the chosen one. The API uses English."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestApp

from tests.functional.conftest import Api

GERMAN = {"Accept-Language": "de"}


def language_of(page: Any) -> str:
    return str(page.html.html["lang"])


def choose(app: TestApp, path: str, language: str) -> Any:
    page = app.get(path, status="*")
    form = next(form for form in page.forms.values() if form.action == "/language")
    return form.submit("language", value=language, status=303)


@pytest.mark.parametrize("path", ["/", "/auth/login", "/nowhere", "/guide"])
def test_a_page_is_in_the_browsers_language_until_somebody_chooses(app: TestApp, path: str) -> None:
    assert language_of(app.get(path, status="*")) == "en"
    assert language_of(app.get(path, headers=GERMAN, status="*")) == "de"
    chosen = urlsplit(choose(app, path, "en").location)
    assert (chosen.hostname, chosen.path) == ("localhost", path)
    assert language_of(app.get(path, headers=GERMAN, status="*")) == "en"


def test_who_is_signed_in_comes_back_to_the_same_list(browser: TestApp) -> None:
    assert choose(browser, "/notes?q=a%20b", "de").location.endswith("/notes?q=a%20b")
    page = browser.get("/notes")
    assert language_of(page) == "de"
    [button] = page.html.select('form.segments button[name="language"][aria-pressed="true"]')
    assert button.text == "Deutsch"


def test_a_cookie_keeps_it_for_a_year(app: TestApp) -> None:
    cookie = choose(app, "/", "de").headers["Set-Cookie"]
    for part in ("language=de", "Max-Age=31536000", "Path=/", "HttpOnly", "SameSite=Lax"):
        assert part in cookie


@pytest.mark.parametrize("unknown", ["", "fr", "../de", "\x00"])
def test_a_language_that_is_not_there_forgets_the_one_before(app: TestApp, unknown: str) -> None:
    choose(app, "/", "de")
    app.post("/language", {"language": unknown}, status=303)
    assert language_of(app.get("/")) == "en"


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "", "x"])
def test_it_leads_nowhere_else(app: TestApp, elsewhere: str) -> None:
    assert urlsplit(app.post("/language", {"language": "de", "back": elsewhere}).location).path == "/"


def test_another_site_cannot_change_it(app: TestApp) -> None:
    answer = app.post("/language", {"language": "de"}, headers={"Origin": "https://evil.example"}, status=400)
    assert "Set-Cookie" not in answer.headers


def test_caches_know_that_pages_differ_by_language_and_the_apis_answers_do_not(browser: TestApp, api: Api) -> None:
    def varies(answer: Any) -> set[str]:
        return {name.strip() for name in answer.headers["Vary"].split(",")}

    for page in ("/", "/notes", "/nowhere", "/account"):
        assert {"Accept-Language", "Cookie"} <= varies(browser.get(page, status="*"))
    for answer in (api.get("/api/tasks"), api.get("/api/nowhere", status=404), browser.get("/notes/export?format=csv")):
        assert "Accept-Language" not in varies(answer)


def test_errors_are_in_the_readers_language(app: TestApp) -> None:
    form = app.get("/auth/login", headers=GERMAN).forms[0]
    assert "E-Mail-Adresse oder Passwort stimmt nicht." in form.submit(headers=GERMAN, status=422)
    assert "Unter dieser Adresse gibt es nichts" in app.get("/nowhere", headers=GERMAN, status=404)


def test_messages_and_sample_tasks_are_in_the_readers_language(browser: TestApp) -> None:
    choose(browser, "/notes", "de")
    form = next(form for form in browser.get("/notes").forms.values() if form.action == "/notes/samples")
    page = form.submit(status=303).follow()
    assert "Zehn Beispielaufgaben" in page.html.select_one("#messages").text
    assert "Zahnarzt anrufen" in page


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/api/nowhere", None),
        ("delete", "/api/tasks", None),
        ("post_json", "/api/tasks", {"title": "x" * 300, "due_at": "soon"}),
        ("post_json", "/api/auth/register", {"email": "x", "password": "password1"}),
        ("patch_json", "/api/users/me", {"new_password": "intermediate", "current_password": "x"}),
        ("get", "/api/tasks?cursor=x", None),
        ("get", "/api/jobs/task-report", None),
    ],
)
def test_the_api_speaks_english_to_everybody(api: Api, method: str, path: str, body: Any) -> None:
    def said(**headers: str) -> Any:
        rest = (body,) if body else ()
        answer = getattr(api, method)(path, *rest, headers=headers, status="*").json
        return answer if isinstance(answer, list) else {**answer, "request_id": ""}

    in_english = said(**{"Accept-Language": "en"})
    assert said(**GERMAN) == said(**GERMAN, Cookie="language=de") == in_english
    assert "${" not in str(in_english)
