"""Auth `remote_user`: a header of the proxy identifies the sender of a request to the site."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewDatabase
from tests.functional.conftest import Browser, Target, new_email, register, serving
from tests.functional.test_tokens import client, make, token_of

pytestmark = pytest.mark.slow


@pytest.fixture
def mara(proxied: Target, email: str) -> Browser:
    """The browser of a user whom the proxy has authenticated, on the first visit."""
    return Browser(proxied, email)


@pytest.fixture
def stranger(proxied: Target) -> Browser:
    """The browser of a user whom the proxy has not authenticated."""
    return Browser(proxied)


def add(browser: Browser, title: str, status: int = 303) -> Any:
    form = browser.get("/notes").forms["add"]
    form["title"] = title
    return form.submit(status=status)


def test_an_account_is_made_on_first_sight_and_kept(mara: Browser, email: str) -> None:
    page = mara.get("/notes", status=200)
    assert email in page
    add(mara, "Call Priya")
    again = Browser(mara.app, f" {email.upper()} ")
    assert "Call Priya" in again.get("/notes")


def test_first_sight_of_many_requests_makes_one_account(proxied: Target, email: str) -> None:
    def come(_number: int) -> str:
        browser = Browser(proxied, email)
        add(browser, "x")
        return token_of(make(browser, new_email()))

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(come, range(8)))
    counts = {client(proxied, token).get("/api/tasks").json["total"] for token in tokens}
    assert counts == {8}


def test_who_is_not_signed_in_is_told_where_that_is_done(stranger: Browser) -> None:
    for path in ("/notes", "/account", "/reports"):
        page = stranger.get(path, status=403)
        assert "You are not signed in" in page
        assert "Try now" in page  # on this page, which is where the other ways lead, too
        assert "/auth/" not in page
    fragment = stranger.get("/notes", headers={"HX-Request": "true"}, status=403)
    assert "<html" not in fragment
    assert "HX-Redirect" not in fragment.headers


def test_no_time_zone_is_expected_from_a_login(mara: Browser) -> None:
    zones = mara.get("/account").forms["set-time-zone"]["time_zone"]
    assert zones.value == "UTC"
    assert "" not in [value for value, _selected, _word in zones.options]


@pytest.mark.parametrize("name", ["register", "login", "refresh", "logout", ""])
@pytest.mark.parametrize("prefix", ["/auth", "/api/auth"])
def test_there_are_no_logins(mara: Browser, prefix: str, name: str) -> None:
    path = f"{prefix}/{name}" if name else prefix
    assert mara.get(path, status=404).status_int == 404
    fields = {"username": "x", "password": "y", "csrf_token": mara.get("/notes").forms["add"]["csrf_token"].value}
    mara.post(path, fields, status=404)
    mara.options(path, status=404)


def test_nothing_leads_to_logins(mara: Browser, stranger: Browser) -> None:
    pages = [mara.get("/notes"), mara.get("/account"), mara.get("/"), stranger.get("/"), stranger.get("/x", status=404)]
    for page in pages:
        assert "/auth/" not in page
    assert not [link for link in stranger.get("/api").json["links"].values() if "/auth" in link]
    assert "Set-Cookie" not in stranger.get("/").headers


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("root", "does not contain an e-mail address"),
        ("x" * 250 + "@example.com", "at most 254 characters"),
        ("m\xe4ra@example.com", "does not contain an e-mail address"),
        ("<img src=x>@example.com", "does not contain an e-mail address"),
        ("mara@example.com,admin@example.com", "was sent more than once"),
        ("mara@example.com, mara@example.com", "was sent more than once"),
    ],
)
def test_a_header_that_names_nobody_is_refused(proxied: Target, given: str, words: str) -> None:
    browser = Browser(proxied, given)
    for path in ("/notes", "/"):
        page = browser.get(path, status=400)
        assert "The header X-Remote-User, which identifies you," in page
        assert words in page
    assert browser.get("/api", status=200)


def test_the_api_asks_for_a_token_and_never_looks_at_the_header(mara: Browser, email: str) -> None:
    mara.get("/notes", status=200)
    assert mara.get("/api/tasks", status=401).json["code"] == "missing_token"
    token = token_of(make(mara, "mine"))
    add(mara, "mara's")
    other = Browser(mara.app, new_email())
    found = other.get("/api/tasks", headers={"Authorization": f"Bearer {token}"})
    assert [task["title"] for task in found.json["items"]] == ["mara's"]
    stranger = Browser(mara.app)
    stranger.get("/notes", headers={"Authorization": f"Bearer {token}"}, status=403)


def test_a_form_of_one_account_is_worth_nothing_for_the_next_on_that_browser(mara: Browser) -> None:
    form = mara.get("/notes").forms["add"]
    add(mara, "x")
    mara.proven = new_email()
    form["title"] = "planted"
    assert "Invalid CSRF token" in form.submit(status=400)
    page = mara.get("/notes")
    assert "Added." not in page
    assert "planted" not in page


def test_a_form_of_another_site_changes_nothing(mara: Browser) -> None:
    mara.get("/notes")
    assert "Invalid CSRF token" in mara.post("/notes", {"title": "planted"}, status=400)
    token = mara.get("/notes").forms["add"]["csrf_token"].value
    headers = {"Origin": "https://evil.example"}
    mara.post("/notes", {"title": "planted", "csrf_token": token}, headers=headers, status=400)
    assert "planted" not in mara.get("/notes")


def test_another_backend_finds_the_same_accounts_and_tokens(
    new_database: NewDatabase, is_served: bool, tmp_path: Path, email: str
) -> None:
    with new_database(tmp_path) as url:
        swap_and_back(is_served, tmp_path, email, {"database.url": url})


def swap_and_back(is_served: bool, tmp_path: Path, email: str, ini: dict[str, str]) -> None:
    with serving(is_served, tmp_path, **ini) as target:
        browser = register(target, email)
        add(browser, "Before the swap")
        token = token_of(make(browser, "a program"))
        cookies = browser.cookiejar
    with serving(is_served, tmp_path, **ini, **{"auth.backend": "remote_user"}) as target:
        program = client(target, token)
        assert [task["title"] for task in program.get("/api/tasks").json["items"]] == ["Before the swap"]
        assert "Before the swap" in Browser(target, email).get("/notes")
        Browser(target, cookiejar=cookies).get("/notes", status=403)
        proven = Browser(target, email)
        proven.get("/account").forms["revoke-1"].submit(status=303)
        program.get("/api/tasks", status=401)
        later = token_of(make(proven, "made behind the proxy"))
    with serving(is_served, tmp_path, **ini) as target:
        assert client(target, later).get("/api/tasks").json["total"] == 1
        Browser(target, email).get("/notes", status=303)
