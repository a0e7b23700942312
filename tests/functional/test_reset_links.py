"""Reset links, with which locked-out users set a new password, and attacks on them."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update
from webtest import TestApp

from intermediate.models import User
from tests.conftest import NewDatabase
from tests.functional.admin.conftest import by_htmx, execute
from tests.functional.conftest import PASSWORD, Api, Browser, Target, make_admin, make_api, serving
from tests.functional.logins import OTHER_PASSWORD, change_password
from tests.functional.roles import csrf_token
from tests.functional.test_tasks import log_in
from tests.functional.test_tokens import client, make, token_of
from tests.functional.test_users import tokens
from tests.serving import wait_until

pytestmark = pytest.mark.slow

Link = Callable[[], str]


def make_link(admin: Api, user_id: int) -> str:
    """Return the path and query of a new link."""
    made = admin.post(f"/api/users/{user_id}/reset-link", status=201).json
    assert made.keys() == {"link", "expires_at"}
    found = urlsplit(made["link"])
    assert (found.scheme, found.hostname) == ("http", "localhost")
    return f"{found.path}?{found.query}"


@pytest.fixture
def link(admin: Api, api: Api) -> Link:
    """A function that creates links for the account of `api`."""
    return lambda: make_link(admin, api.user_id)


def use(app: TestApp, link: str, password: str = OTHER_PASSWORD, status: int = 303) -> Any:
    """Submit the form of a link, and return the response."""
    form = form_of(app.get(link, status=200))
    form["password"] = password
    return form.submit(status=status)


def form_of(page: Any) -> Any:
    [form] = [form for form in page.forms.values() if form.action == "/auth/reset"]
    return form


def send(app: TestApp, link: str, status: int, **fields: str) -> Any:
    """Send the form of a link that no longer shows one, and return the response."""
    values = {"password": OTHER_PASSWORD, "csrf_token": csrf_token(app), "token": link.partition("token=")[2]}
    return app.post("/auth/reset", values | fields, status=status)


def refused(app: TestApp, link: str, words: str, status: int = 410) -> None:
    for page in (app.get(link, status=status), send(app, link, status)):
        assert words in page.text
        assert "This link does not work" in page


def test_a_link_lets_in_who_is_locked_out_and_nobody_else(app: TestApp, api: Api, other: Api, link: Link) -> None:
    page = use(app, link())
    assert urlsplit(page.location).path == "/auth/login"
    assert "session" not in app.get("/notes", status=303).headers.get("Set-Cookie", "")  # it does not log in
    login = page.follow(status=200)
    assert f"The password of {api.email} was changed. Log in with it." in login
    assert "was changed" not in app.get("/auth/login")
    tokens(app, api.email, status=400)
    tokens(app, other.email)
    login.forms[0]["email"], login.forms[0]["password"] = api.email, OTHER_PASSWORD
    login.forms[0].submit(status=303)
    app.get("/notes", status=200)


def test_all_that_the_old_password_opened_ends(target: Target, site: TestApp, api: Api, link: Link) -> None:
    named = client(target, token_of(make(site, "a program")))
    pair = tokens(TestApp(target), api.email)
    use(TestApp(target), link())
    for program in (api, named):
        program.get("/api/tasks", status=401)
    TestApp(target).post("/api/auth/refresh", {"refresh_token": pair["refresh_token"]}, status=400)
    assert "/auth/login" in site.get("/notes", status=303).location


def test_a_link_works_once(app: TestApp, api: Api, link: Link) -> None:
    first, second = link(), link()
    app.get(first)
    app.get(first)  # as programs do that show link previews
    use(app, first)
    for spent in (first, second):
        refused(app, spent, "This link has been used")
    tokens(app, api.email, OTHER_PASSWORD)


def test_of_two_uses_at_once_one_counts(target: Target, link: Link) -> None:
    apps = [TestApp(target) for _ in range(6)]
    same = link()
    forms = [form_of(app.get(same)) for app in apps]
    for number, form in enumerate(forms):
        form["password"] = f"{OTHER_PASSWORD} {number}"
    with ThreadPoolExecutor(len(forms)) as pool:
        answers = list(pool.map(lambda form: form.submit(status="*").status_int, forms))
    assert sorted(answers) == [303] + [410] * (len(forms) - 1)


def test_a_link_ends_when_the_password_is_changed_otherwise(app: TestApp, api: Api, link: Link) -> None:
    old = link()
    change_password(api, api)
    refused(app, old, "This link has been used")
    tokens(app, api.email, OTHER_PASSWORD)


def test_a_link_ends_in_its_time(
    new_database: NewDatabase, is_served: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {"auth.reset_link_seconds": "1"}
    with new_database(tmp_path) as url, serving(is_served, tmp_path, **{"database.url": url}, **short) as target:
        admin, api, app = make_admin(target, url), make_api(target), TestApp(target)
        old = make_link(admin, api.user_id)
        wait_until(lambda: app.get(old, status="*").status_int == 410)
        refused(app, old, "This link has expired")
        tokens(app, api.email)


def test_nobody_can_make_a_link_up(app: TestApp, api: Api, other: Api, admin: Api, link: Link, site: TestApp) -> None:
    good, others = link(), make_link(admin, other.user_id)
    path, token = good.split("token=")
    others = others.split("token=")[1]
    middle = len(token) // 2
    guesses = [token[:-1], token[1:], token[::-1], f"{token[:9]}{'B' if token[9] == 'A' else 'A'}{token[10:]}"]
    guesses += ["", "x", "%C3%A9"]
    guesses += [f"{token[:middle]}{others[middle:]}", f"{others[:86]}{token[86:]}", token * 9, f"{token}.x"]
    guesses += [api.token, site.cookies.get("session", "x"), "WzEsMSwieCJd"]
    for guess in guesses:
        refused(app, f"{path}token={guess}", "This link is incomplete", 404)
    app.get("/auth/reset", status=404)
    app.get("/auth/reset?token=%FF", status=400)
    for person in (api, other):
        tokens(app, person.email)
    use(app, good)


def test_a_link_is_of_no_use_for_an_account_that_is_off(app: TestApp, api: Api, admin: Api, link: Link) -> None:
    before = link()
    admin.patch_json(f"/api/users/{api.user_id}", {"is_active": False})
    refused(app, before, "This account is switched off")
    answer = admin.post(f"/api/users/{api.user_id}/reset-link", status=409).json
    assert (answer["code"], answer["detail"]) == ("account_off", "Switch the account on first, then create a link.")
    admin.patch_json(f"/api/users/{api.user_id}", {"is_active": True})
    use(app, before)


def test_a_link_of_a_deleted_account_is_none(app: TestApp, api: Api, link: Link) -> None:
    orphan = link()
    api.delete("/api/users/me")
    refused(app, orphan, "This link is incomplete", 404)


def test_an_account_that_never_had_a_password_gets_one(
    app: TestApp, api: Api, admin: Api, link: Link, database_url: str
) -> None:
    execute(database_url, update(User).where(User.id == api.user_id).values(password_hash=None))
    tokens(app, api.email, status=400)
    new = link()
    use(app, new)
    tokens(app, api.email, OTHER_PASSWORD)
    refused(app, new, "This link has been used")


@pytest.mark.parametrize(
    "password", ["short", "", "password1", "{email}", "intermediate 1", "x" * 1025, "a\x00bcdefgh"]
)
def test_a_bad_password_is_told_and_spends_nothing(app: TestApp, api: Api, link: Link, password: str) -> None:
    one = link()
    page = use(app, one, password.replace("{email}", api.email), status=422)
    assert form_of(page)["password"].value == ""
    assert 'aria-invalid="true"' in page
    form_of(page)["password"] = OTHER_PASSWORD
    form_of(page).submit(status=303)
    tokens(app, api.email, OTHER_PASSWORD)


def test_a_link_leads_nowhere_else(app: TestApp, link: Link) -> None:
    one = link()
    assert "evil" not in str(form_of(app.get(f"{one}&next=https://evil.example")).submit_fields())
    assert "unknown field" in send(app, one, 422, next="https://evil.example")
    assert urlsplit(send(app, one, 303).location).path == "/auth/login"


def test_a_page_with_a_token_is_kept_by_nobody_and_names_no_address(app: TestApp, link: Link) -> None:
    one = link()
    for address, status in ((one, 200), (f"{one}x", 404)):
        page = app.get(address, status=status)
        assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("strict-origin", "no-store")


def test_a_form_of_another_site_sets_no_password(app: TestApp, api: Api, link: Link) -> None:
    token = link().partition("token=")[2]
    values = {"token": token, "password": OTHER_PASSWORD}
    assert "Invalid CSRF token" in app.post("/auth/reset", values, status=400)
    form = form_of(app.get(f"/auth/reset?token={token}"))
    form["password"] = OTHER_PASSWORD
    assert "Invalid CSRF token" in form.submit(headers={"Origin": "https://evil.example"}, status=400)
    tokens(app, api.email)


def test_links_that_are_refused_are_counted_by_address(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERMEDIATE_API_RATE_LIMITS", "true")
    with new_database(tmp_path) as url, serving(False, tmp_path, **{"database.url": url}) as target:
        admin, api = make_admin(target, url), make_api(target)
        good = make_link(admin, api.user_id)
        here, there = (TestApp(target, {"REMOTE_ADDR": address}) for address in ("203.0.113.7", "198.51.100.9"))
        for number in range(10):
            here.get(f"/auth/reset?token={number}", status=404)
        page = here.get(good, status=429)
        assert "Too many invalid links were opened from your address. Try again in 5 minutes." in page
        assert int(page.headers["Retry-After"]) <= 300
        send(here, good, 429)
        here.post("/api/auth/login", {"username": api.email, "password": PASSWORD}, status=200)
        use(there, good)


def secret(page: Any) -> str:
    [found] = re.findall(r'<code class="secret"[^>]*>([^<]+)</code>', page.text)
    return "/" + str(found).split("/", 3)[3]


def test_an_administrator_is_shown_the_link_once(target: Target, admin: Api, api: Api, app: TestApp) -> None:
    browser = Browser(target)
    log_in(browser, admin)
    path = f"/admin/users/{api.user_id}/reset-link"
    page = browser.get(f"/admin/users?q={api.email}")
    page = next(form for form in page.forms.values() if form.action == path).submit(status=201)
    assert f"A reset link for <bdi>{api.email}</bdi>" in page
    shown = secret(page)
    assert "/auth/reset" not in browser.get(path, status=303).follow()
    fragment = by_htmx(browser, path, 201)
    assert fragment.text.count("<tr") == 1
    assert 'id="reset-link" hx-swap-oob' in fragment
    assert secret(fragment).startswith("/auth/reset?token=")
    use(app, shown)


def test_without_passwords_there_are_no_links(
    new_database: NewDatabase, is_served: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "before"
    folder.mkdir()
    with new_database(tmp_path) as url:
        with serving(is_served, folder, **{"database.url": url}) as target:
            admin = make_admin(target, url)
            link = make_link(admin, admin.user_id)
        with serving(is_served, tmp_path, **{"database.url": url, "auth.backend": "remote_user"}) as target:
            browser = Browser(target, admin.email)
            page = browser.get("/admin/users")
            assert "reset-link" not in re.sub('id="reset-link"', "", page.text)
            path, token = f"/admin/users/{admin.user_id}/reset-link", browser.get("/notes").forms["add"]["csrf_token"]
            answer = browser.post(path, {"csrf_token": token.value}, status=409)
            assert "can help anyone who is locked out" in answer
            program = client(target, token_of(make(browser, "x")))
            answer = program.post(f"/api/users/{admin.user_id}/reset-link", status=409)
            assert answer.json["code"] == "no_passwords"
            browser.get(link, status=404)
