"""An auth backend whose passwords are stored elsewhere: users log in, and cannot set a password here."""

from collections.abc import Iterator

import pytest
from webtest import TestApp

from tests.conftest import NewDatabase
from tests.functional.conftest import PASSWORD, Target, serving
from tests.plugins.directory import DirectoryAuth


@pytest.fixture(scope="module")
def directory(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder, backend = tmp_path_factory.mktemp("directory"), "tests.plugins.directory:DirectoryAuth"
    with (
        new_database(folder) as url,
        serving(False, folder, **{"database.url": url, "auth.backend": backend}) as target,
    ):
        yield target


@pytest.fixture
def browser(directory: Target, email: str) -> TestApp:
    """The browser of a user whom the directory knows, after the first login here."""
    DirectoryAuth.set_password({}, email, PASSWORD)
    browser = TestApp(directory)
    form = browser.get("/auth/login").forms[0]
    form["email"], form["password"] = email, PASSWORD
    assert form.submit(status=303).location.endswith("/notes")
    return browser


def test_the_first_login_makes_the_account(browser: TestApp, email: str) -> None:
    assert email in browser.get("/account", status=200)


def test_a_token_is_had_for_the_password(browser: TestApp, email: str) -> None:
    token = browser.post("/api/auth/login", {"username": email, "password": PASSWORD}).json["access_token"]
    assert browser.get("/api/users/me", headers={"Authorization": f"Bearer {token}"}).json["email"] == email
    browser.post("/api/auth/login", {"username": email, "password": "wrong"}, status=400)


def test_nobody_registers_or_resets_a_password(directory: Target) -> None:
    app = TestApp(directory)
    app.get("/auth/register", status=404)
    form = app.get("/auth/login").forms[0]
    form.action = "/auth/register"
    form.submit(status=404)
    app.post_json("/api/auth/register", {"email": "a@example.com", "password": PASSWORD}, status=404)
    app.get("/auth/reset?token=x", status=404)
    for page in ("/", "/auth/login", "/farewell"):
        assert "/auth/register" not in app.get(page)
    links = app.get("/api").json["links"]
    assert ("register" in links, "login" in links) == (False, True)
    paths = app.get("/openapi.json").json["paths"]
    assert ("/api/auth/register" in paths, "/api/auth/login" in paths) == (False, True)


def test_the_account_has_its_sessions_and_no_password_to_change(browser: TestApp, email: str) -> None:
    page = browser.get("/account")
    shown = {section["id"] for section in page.html.select("section.setting")}
    assert shown == {"sessions", "tokens", "zone", "keyboard", "data", "delete"}
    token = page.html.select_one("input[name=csrf_token]")["value"]
    for section in ("email", "password"):
        browser.post(f"/account/{section}", {"csrf_token": token}, status=404)
    access = browser.post("/api/auth/login", {"username": email, "password": PASSWORD}).json["access_token"]
    mistakes = browser.patch_json(
        "/api/users/me",
        {"current_password": PASSWORD, "new_password": "another horse battery"},
        headers={"Authorization": f"Bearer {access}", "Content-Type": "application/merge-patch+json"},
        status=422,
    ).json["errors"]
    assert {mistake["type"] for mistake in mistakes} == {"no_passwords"}


def test_who_leaves_proves_it_by_the_password(browser: TestApp) -> None:
    form = browser.get("/account").forms["delete-account"]
    form["proof"] = "wrong"
    assert "not your current password" in form.submit(status=422)
    form["proof"] = PASSWORD
    assert form.submit(status=303).location.endswith("/farewell")
