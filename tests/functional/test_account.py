"""`/account`: credentials, sessions, settings, and deletion of the account."""

import json
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api, Browser, Target, make_admin, new_email, register
from tests.functional.test_tasks import log_in

HTMX = {"HX-Request": "true"}
NEW_PASSWORD = "staple wrong donkey"


def send(browser: TestApp, name: str, status: int = 303, **fields: str) -> Any:
    """Submit a form of the page, and return the response."""
    form = browser.get("/account").forms[name]
    for field, value in fields.items():
        form[field].force_value(value)
    return form.submit(status=status)


def by_htmx(browser: TestApp, path: str, status: int, **fields: str) -> Any:
    token = browser.get("/account").forms["new-token"]["csrf_token"].value
    return browser.post(path, fields, headers={**HTMX, "X-CSRF-Token": token}, status=status)


def can_log_in(target: Target, email: str, password: str) -> bool:
    app = TestApp(target)
    form = app.get("/auth/login").forms[0]
    form["email"], form["password"] = email, password
    return bool(form.submit(status="*").status_int == 303)


@pytest.fixture
def owner(target: Target, email: str) -> Browser:
    return register(target, email)


def test_another_address_is_the_one_to_log_in_with(owner: Browser, target: Target, email: str) -> None:
    other = new_email()
    page = send(owner, "change-email", email=f" {other.upper()} ", current_password=PASSWORD).follow()
    assert "Your e-mail address was changed." in page
    assert other in page
    assert email not in page
    assert (can_log_in(target, email, PASSWORD), can_log_in(target, other, PASSWORD)) == (False, True)
    assert "Your e-mail address was changed." not in owner.get("/account")


def test_another_password_ends_all_sessions_but_this_one(owner: Browser, target: Target, email: str) -> None:
    elsewhere = TestApp(target)
    log_in(elsewhere, Api(elsewhere, email, 0, ""))
    login = {"username": email, "password": PASSWORD}
    token = TestApp(target).post("/api/auth/login", login).json["access_token"]
    before = dict(owner.cookies)
    answer = send(owner, "change-password", current_password=PASSWORD, new_password=NEW_PASSWORD)
    assert "Your password was changed." in answer.follow(status=200)
    stolen = TestApp(target)
    stolen.cookies.update(before)
    for app in (elsewhere, stolen):
        assert "/auth/login" in app.get("/account", status=303).location
    TestApp(target).get("/api/tasks", headers={"Authorization": f"Bearer {token}"}, status=401)
    assert (can_log_in(target, email, PASSWORD), can_log_in(target, email, NEW_PASSWORD)) == (False, True)


MISTAKES = {
    "no password": ("email", {"email": "new@example.org"}, "Type your current password."),
    "wrong password": ("email", {"email": "new@example.org", "current_password": "no"}, "That is not your current"),
    "no address": ("email", {"email": "new", "current_password": PASSWORD}, "This address is incomplete."),
    "too short": ("password", {"current_password": PASSWORD, "new_password": "short"}, "At least 8 characters."),
    "nothing new": ("password", {"current_password": PASSWORD}, "At least 8 characters."),
    "common": (
        "password",
        {"current_password": PASSWORD, "new_password": "password1"},
        "This password is too common.",
    ),
    "not current": ("password", {"current_password": "no", "new_password": NEW_PASSWORD}, "That is not your current"),
}


@pytest.mark.parametrize(("what", "fields", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_beside_its_field_and_what_was_typed_stays(
    owner: Browser, target: Target, email: str, what: str, fields: dict[str, str], sentence: str
) -> None:
    page = send(owner, f"change-{what}", 422, **fields)
    assert page.text.count(f"<span>{sentence}") == 1
    fragment = by_htmx(owner, f"/account/{what}", 422, **fields)
    assert "<html" not in fragment
    assert fragment.text.count('aria-invalid="true"') == 1
    for answer in (page, fragment):
        form = answer.forms[f"change-{what}"]
        assert form["current_password"].value == ""
        assert what != "email" or form["email"].value == fields["email"]
        assert PASSWORD not in answer
    assert can_log_in(target, email, PASSWORD)


def test_two_mistakes_are_told_above_the_form_too(owner: Browser) -> None:
    page = send(owner, "change-password", 422, current_password="", new_password="x")
    assert "Two things to fix." in page
    assert '<a href="#password-current">Current password</a>' in page
    assert "Two things to fix." not in send(owner, "change-email", 422, email="x", current_password="y")


def test_an_address_that_is_taken_is_refused(owner: Browser, target: Target, api: Api, email: str) -> None:
    page = send(owner, "change-email", 422, email=api.email, current_password=PASSWORD)
    assert "An account with this address exists." in page
    assert page.forms["change-email"]["email"].value == api.email
    assert f"<bdi>{email}</bdi>" in page
    assert can_log_in(target, email, PASSWORD)


def test_shortcuts_are_turned_off_for_a_browser(owner: Browser) -> None:
    assert "are off" in send(owner, "set-shortcuts", shortcuts="off").follow()
    assert owner.cookies["shortcuts"] == "off"
    assert owner.get("/account").forms["set-shortcuts"]["shortcuts"].value == "off"
    answer = by_htmx(owner, "/account/shortcuts", 204, shortcuts="on")
    assert answer.headers["HX-Redirect"] == "/account"
    assert "shortcuts" not in owner.cookies
    assert "are on" in owner.get("/account")
    by_htmx(owner, "/account/shortcuts", 422, shortcuts="maybe")


def test_the_time_zone_is_the_clock_of_the_page(owner: Browser) -> None:
    form = owner.get("/account").forms["new-token"]
    form["name"], form["days"] = "x", "365"
    form.submit(status=201)
    assert (
        "Times are now shown in Pacific/Kiritimati."
        in send(owner, "set-time-zone", time_zone="Pacific/Kiritimati").follow()
    )
    page = owner.get("/account")
    assert page.forms["set-time-zone"]["time_zone"].value == "Pacific/Kiritimati"
    assert json.loads(owner.get("/account/export").body)["account"]["time_zone"] == "Pacific/Kiritimati"
    for wrong in ("Mars/Olympus", "../../etc/passwd", "x" * 100):
        refused = send(owner, "set-time-zone", 422, time_zone=wrong)
        assert "Choose one of the listed options." in refused
        assert refused.forms["set-time-zone"]["time_zone"].value == "Pacific/Kiritimati"
    by_htmx(owner, "/account/time-zone", 204, time_zone="")
    assert owner.get("/account").forms["set-time-zone"]["time_zone"].value == ""


def test_an_export_has_all_that_is_kept(owner: Browser, target: Target, email: str) -> None:
    program = TestApp(target)
    token = program.post("/api/auth/login", {"username": email, "password": PASSWORD}).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    program.post_json("/api/tasks", {"title": "Ü <one>", "tags": ["a"]}, headers=headers, status=201)
    program.post_json("/api/tasks", {"title": "two"}, headers=headers, status=201)
    form = owner.get("/account").forms["new-token"]
    form["name"] = "backup"
    form.submit(status=201)
    answer = owner.get("/account/export")
    assert answer.content_type == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="account.json"'
    found = json.loads(answer.body)
    assert found["account"] == program.get("/api/users/me", headers=headers).json | {"time_zone": None}
    assert found["tasks"] == program.get("/api/tasks/export?format=json", headers=headers).json
    assert [task["title"] for task in found["tasks"]] == ["two", "Ü <one>"]
    assert sorted(session["kind"] for session in found["sessions"]) == ["api", "site"]
    assert [token["name"] for token in found["tokens"]] == ["backup"]
    assert found["reports"] == []


def test_an_export_of_an_empty_account_is_whole(owner: Browser) -> None:
    assert json.loads(owner.get("/account/export").body)["tasks"] == []


def test_deleting_takes_everything_and_says_so(owner: Browser, target: Target, email: str) -> None:
    add = owner.get("/notes").forms["add"]
    add["title"] = "gone"
    add.submit()
    for proof, sentence in (("", "Type your password."), ("no", "That is not your current password.")):
        page = send(owner, "delete-account", 422, proof=proof)
        assert sentence in page
    answer = send(owner, "delete-account", proof=PASSWORD)
    assert answer.location.endswith("/farewell")
    assert "Clear-Site-Data" in answer.headers
    assert "Your account is deleted" in answer.follow(status=200)
    assert "/auth/login" in owner.get("/account", status=303).location
    assert not can_log_in(target, email, PASSWORD)
    assert "gone" not in register(target, email).get("/notes")


def test_deleting_by_htmx_leads_to_the_farewell(owner: Browser) -> None:
    assert "That is not your current password." in by_htmx(owner, "/account/delete", 422, proof="no")
    assert by_htmx(owner, "/account/delete", 204, proof=PASSWORD).headers["HX-Redirect"] == "/farewell"
    owner.get("/account", status=303)


def test_the_last_administrator_stays(new_app: tuple[Target, str]) -> None:
    target, url = new_app
    admin = make_admin(target, url)
    browser = TestApp(target)
    log_in(browser, admin)
    assert "only administrator" in send(browser, "delete-account", 422, proof=PASSWORD)
    make_admin(target, url)
    send(browser, "delete-account", 303, proof=PASSWORD)


FORMS = {
    "email": {"email": "taken@example.org", "current_password": PASSWORD},
    "password": {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
    "end": {"session": "x"},
    "end-others": {},
    "shortcuts": {"shortcuts": "off"},
    "time-zone": {"time_zone": "Europe/Berlin"},
    "delete": {"proof": PASSWORD},
}


@pytest.mark.parametrize("name", FORMS, ids=[f"C1-{name}" for name in FORMS])
def test_a_form_without_its_csrf_token_changes_nothing(owner: Browser, target: Target, email: str, name: str) -> None:
    owner.get("/account")
    assert "Invalid CSRF token" in owner.post(f"/account/{name}", FORMS[name], status=400)
    assert "shortcuts" not in owner.cookies
    owner.get("/account", status=200)
    assert can_log_in(target, email, PASSWORD)


NOT_IN_THE_FORM = ("role", "is_active", "id", "password_hash", "new_password", "user_id")


@pytest.mark.parametrize("field", NOT_IN_THE_FORM, ids=[f"Z3-{field}" for field in NOT_IN_THE_FORM])
def test_only_what_the_form_has_can_be_set(owner: Browser, target: Target, email: str, field: str) -> None:
    fields = {"email": new_email(), "current_password": PASSWORD, field: "admin"}
    assert "unknown field" in by_htmx(owner, "/account/email", 422, **fields)
    assert email in owner.get("/account")
    assert can_log_in(target, email, PASSWORD)


def test_behind_a_proxy_there_is_nothing_about_passwords(proxied: Target, email: str) -> None:
    browser = Browser(proxied, email)
    page = browser.get("/account")
    assert not {"change-email", "change-password", "end-others"} & set(page.forms)
    assert 'type="password"' not in page
    for name in ("email", "password", "end", "end-others"):
        by_htmx(browser, f"/account/{name}", 404, **FORMS[name])
    assert json.loads(browser.get("/account/export").body)["account"]["email"] == email
    assert f"Type {email} here" in send(browser, "delete-account", 422, proof=new_email())
    created = json.loads(browser.get("/account/export").body)["account"]["id"]
    assert send(browser, "delete-account", proof=f" {email.upper()} ").location.endswith("/farewell")
    assert json.loads(browser.get("/account/export").body)["account"]["id"] != created  # who returns gets a new one
