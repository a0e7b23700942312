"""Named tokens are created, used, listed and revoked, with every auth backend."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, Browser, Target, new_email, register

HTMX = {"HX-Request": "true"}


SignIn = Callable[[str], Browser]


@pytest.fixture(params=["local", "remote_user"])
def place(request: pytest.FixtureRequest) -> tuple[Target, SignIn]:
    """An application, and how a browser with a new account logs in to it."""
    if request.param == "local":
        target = request.getfixturevalue("target")
        return target, lambda email: register(target, email)
    target = request.getfixturevalue("proxied")
    return target, lambda email: Browser(target, email)


@pytest.fixture
def owner(place: tuple[Target, SignIn], email: str) -> Browser:
    return place[1](email)


def make(browser: TestApp, name: str, days: str = "", status: int = 201) -> Any:
    form = browser.get("/account").forms["new-token"]
    form["name"] = name
    form["days"].force_value(days)
    return form.submit(status=status)


def token_of(page: Any) -> str:
    [token] = re.findall(r'<code class="secret" id="made-token">([^<]+)</code>', page.text)
    return str(token)


def client(target: Target, token: str) -> Api:
    return Api(TestApp(target), "", 0, token)


def names(page: Any) -> list[str]:
    return re.findall(r"<h3><bdi>(.*?)</bdi></h3>", page.text)


def test_a_token_is_told_once_and_opens_the_api(place: tuple[Target, SignIn], owner: Browser) -> None:
    page = make(owner, " backup on atlas ")
    token = token_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert names(page) == ["backup on atlas"]
    program = client(place[0], token)
    program.post_json("/api/tasks", {"title": "By a program"}, status=201)
    assert "By a program" in owner.get("/notes")
    listed = owner.get("/account")
    assert names(listed) == ["backup on atlas"]
    assert token not in listed
    assert token.removeprefix("imt_") not in listed
    assert all(token.encode() not in urlsafe_b64decode(value + "==") for value in owner.cookies.values())


def test_the_page_says_whether_a_token_is_used_and_until_when(place: tuple[Target, SignIn], owner: Browser) -> None:
    token = token_of(make(owner, "first", days="30"))
    page = owner.get("/account")
    assert ("not used yet" in page, "expires <time" in page) == (True, True)
    client(place[0], token).get("/api/tasks", status=200)
    page = owner.get("/account")
    assert ("not used yet" in page, "last used <time" in page) == (False, True)
    make(owner, "second")
    assert "does not expire" in owner.get("/account")


def test_a_revoked_token_ends_at_once(place: tuple[Target, SignIn], owner: Browser) -> None:
    kept, lost = token_of(make(owner, "kept")), token_of(make(owner, "lost"))
    page = owner.get("/account")
    assert names(page) == ["lost", "kept"]
    said = page.forms["revoke-1"].submit(status=303).follow()
    assert "Revoked “lost”." in said
    assert names(said) == ["kept"]
    refused = client(place[0], lost).get("/api/tasks", status=401)
    assert refused.json["code"] == "invalid_token"
    client(place[0], kept).get("/api/tasks", status=200)
    page.forms["revoke-1"].submit(status=404)


def test_tokens_of_others_are_neither_seen_nor_revoked(place: tuple[Target, SignIn], owner: Browser) -> None:
    token = token_of(make(owner, "mine"))
    stranger = place[1](new_email())
    page = make(stranger, "theirs")
    assert names(page) == ["theirs"]
    planted = page.forms["revoke-1"]
    planted["token"].force_value(owner.get("/account").forms["revoke-1"]["token"].value)
    planted.submit(status=404)
    program = client(place[0], token)
    program.post_json("/api/tasks", {"title": "private"}, status=201)
    assert "private" not in stranger.get("/notes")
    assert [task["title"] for task in program.get("/api/tasks").json["items"]] == ["private"]


def test_only_the_token_itself_opens(place: tuple[Target, SignIn], owner: Browser) -> None:
    token = token_of(make(owner, "mine"))
    row_id = owner.get("/account").forms["revoke-1"]["token"].value
    for wrong in (row_id, f"imt_{row_id}", token[:-1], token + "x", token.upper(), token[4:], "imt_", "imt_é"):
        client(place[0], wrong).get("/api/tasks", status=401)
    TestApp(place[0]).get(f"/api/tasks?token={token}", status=401)


def test_a_name_is_shown_as_text_and_out_of_reach_of_htmx(owner: Browser) -> None:
    name = '<img src=x onerror="x" hx-get="/">'
    for page in (make(owner, name), owner.get("/account"), owner.get("/account").forms["revoke-1"].submit().follow()):
        assert "<img" not in page
        assert "&lt;img" in page


@pytest.mark.parametrize(
    ("name", "days", "sentence"),
    [
        (" ", "", "Give the token a name."),
        ("x" * 61, "", "At most 60 characters; this has 61."),
        ("two\nlines", "", "A name must be a single line."),
        ("bell\x07", "", "This contains a character that cannot be stored."),
        ("x", "31", "Choose one of the listed options."),
    ],
)
def test_a_mistake_is_told_beside_its_field(owner: Browser, name: str, days: str, sentence: str) -> None:
    page = make(owner, name, days, status=422)
    assert sentence in page
    assert "imt_" not in page
    assert names(owner.get("/account")) == []


def test_a_name_is_used_once_so_that_a_form_sent_twice_makes_one_token(owner: Browser) -> None:
    make(owner, "twice")
    page = make(owner, "twice", status=422)
    assert "A token with this name exists." in page
    assert page.forms["new-token"]["name"].value == "twice"
    assert names(page) == ["twice"]


def test_an_account_has_twenty_tokens_at_most_even_of_forms_at_once(owner: Browser) -> None:
    for number in range(17):
        make(owner, f"token {number}")
    form = owner.get("/account").forms["new-token"]
    csrf = form["csrf_token"].value

    def send(number: int) -> int:
        fields = {"name": f"at once {number}", "days": "", "csrf_token": csrf}
        return int(owner.another().post("/account/tokens", fields, status="*").status_int)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [201] * 3 + [422] * 3
    assert len(names(owner.get("/account"))) == 20
    assert "An account can have at most 20 tokens." in make(owner, "one more", status=422)


def test_htmx_gets_the_tokens_alone(owner: Browser) -> None:
    page = owner.get("/account")
    headers = {**HTMX, "X-CSRF-Token": page.forms["new-token"]["csrf_token"].value}
    made = owner.post("/account/tokens", {"name": "by htmx"}, headers=headers, status=201)
    assert "<html" not in made
    assert token_of(made).startswith("imt_")
    assert made.html.find(id="made").has_attr("data-focus")
    refused = owner.post("/account/tokens", {"name": ""}, headers=headers, status=422)
    assert "Give the token a name." in refused
    row_id = made.forms["revoke-1"]["token"].value
    gone = owner.post("/account/revoke", {"token": row_id}, headers=headers, status=200)
    assert "Revoked “by htmx”." in gone
    assert names(gone) == []
    owner.post("/account/revoke", {"token": row_id}, headers=headers, status=404)


def test_a_form_without_its_csrf_token_changes_nothing(owner: Browser) -> None:
    page = make(owner, "stays")
    row_id = page.forms["revoke-1"]["token"].value
    assert "Invalid CSRF token" in owner.post("/account/tokens", {"name": "planted"}, status=400)
    assert "Invalid CSRF token" in owner.post("/account/revoke", {"token": row_id}, status=400)
    assert names(owner.get("/account")) == ["stays"]


def test_the_header_links_to_the_account(owner: Browser) -> None:
    assert 'href="/account"' in owner.get("/notes")
    page = owner.get("/account")
    assert 'href="/account" aria-current="page"' in page
    assert page.text.count("<h1") == 1
    owner.get("/account/tokens", status=303)


def test_tokens_are_for_the_api_only(browser: TestApp) -> None:
    token = token_of(make(browser, "mine"))
    app = TestApp(browser.app)
    bearer = {"Authorization": f"Bearer {token}"}
    assert "/auth/login" in app.get("/account", headers=bearer, status=303).location
    assert app.post("/api/auth/refresh", {"refresh_token": token}, status=400).json["error"] == "invalid_grant"
    app.post("/api/auth/logout", headers=bearer, status=204)
    app.get("/api/tasks", headers=bearer, status=401)
