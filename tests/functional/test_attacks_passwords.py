"""Attacks with passwords and on changing them. The id of each test begins with its row of the attack table."""

import json
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api, new_email
from tests.functional.logins import ME, OTHER_PASSWORD, change_password, login
from tests.functional.test_tasks import log_in
from tests.rows import row

pytestmark = pytest.mark.slow


def register(app: TestApp, email: str, password: str, status: int = 201) -> Any:
    body = json.dumps({"email": email, "password": password}).encode()
    return app.post("/api/auth/register", body, content_type="application/json", status=status)


GOOD = {
    "8": "zq8-1x.y",
    "1024": "e\u0301🎈ß" * 256,
    "spaces": "  both ends  ",
    "unicode": "пароль 密码 🎈🎈",
    "lines": "a tab\tand\na line",
}


@pytest.mark.parametrize("password", GOOD.values(), ids=[f"A18-{name}" for name in GOOD])
def test_any_text_is_a_password_in_full(app: TestApp, email: str, password: str) -> None:
    assert 8 <= len(password) <= 1024
    register(app, email, password)
    login(app, username=email, password=password)
    for other in {password.strip(), password[:-1], password[:72], password + " "} - {password}:
        login(app, 400, username=email, password=other)


BAD = {
    "7": ("x" * 7, "string_too_short"),
    "1025": ("x" * 1025, "string_too_long"),
    "surrogate": ("eight\ud800chars", "json_invalid"),
    "NUL": ("eight\0chars", "control_character"),
    "100k": ("x" * 100_000, "string_too_long"),
}
GUESSED = {
    "first": "password",
    "capitals": "PassWord1",
    "spaces": " 12345678 ",
    "address": "{email}",
    "name": "{name}",
    "site": "my Intermediate one",
    "only spaces": " " * 12,
    "two letters": "abababababababab",
}
CHOSEN = {f"A18-{name}": row for name, row in BAD.items()} | {
    f"A19-{name}": (password, "password_too_common") for name, password in GUESSED.items()
}


def of(email: str, password: str) -> str:
    return password.replace("{email}", email.upper()).replace("{name}", email.partition("@")[0])


@pytest.mark.parametrize(("password", "kind"), CHOSEN.values(), ids=CHOSEN)
def test_a_password_that_breaks_a_rule_is_refused_wherever_it_is_chosen(
    app: TestApp, api: Api, email: str, password: str, kind: str
) -> None:
    [error] = register(app, email, of(email, password), 422).json["errors"]
    assert error["type"] == kind
    login(app, 400, username=email, password="x")

    body = json.dumps({"new_password": of(api.email, password), "current_password": PASSWORD}).encode()
    [error] = api.patch(ME, body, content_type="application/json", status=422).json["errors"]
    assert error["type"] == kind
    login(app, username=api.email, password=PASSWORD)

    if kind != "json_invalid":  # a form is UTF-8 and cannot contain it
        form = app.get("/auth/register").forms[0]
        form["email"], form["password"] = email, of(email, password)
        page = form.submit(status=422)
        assert page.forms[0]["email"].value == email
        assert error["msg"] in page or kind in ("string_too_short", "string_too_long", "control_character")


@row("A18-1MB")
def test_a_password_of_a_megabyte_is_too_large(app: TestApp, email: str) -> None:
    register(app, email, "x" * 1024 * 1024, 413)
    assert login(app, 413, username=email, password="x" * 1024 * 1024)


@row("A19-new-address")
def test_a_new_password_is_not_the_new_address(api: Api, email: str) -> None:
    body = {"email": email, "new_password": email, "current_password": PASSWORD}
    [error] = api.patch_json(ME, body, status=422).json["errors"]
    assert (error["loc"], error["type"]) == (["body", "new_password"], "password_too_common")
    assert api.get(ME).json["email"] == api.email


CHANGES = {
    "no-password": ({"new_password": OTHER_PASSWORD}, 422, "validation_error"),
    "empty-password": ({"new_password": OTHER_PASSWORD, "current_password": ""}, 422, "validation_error"),
    "null-password": ({"new_password": OTHER_PASSWORD, "current_password": None}, 422, "validation_error"),
    "wrong-password": ({"new_password": OTHER_PASSWORD, "current_password": "not it, no"}, 403, "wrong_password"),
    "address-without": ({"email": "x@example.org"}, 422, "validation_error"),
    "address-wrong": ({"email": "x@example.org", "current_password": "\0"}, 403, "wrong_password"),
}


@pytest.mark.parametrize(("body", "status", "code"), CHANGES.values(), ids=[f"A20-{name}" for name in CHANGES])
def test_an_account_is_changed_by_who_knows_its_password(api: Api, body: Any, status: int, code: str) -> None:
    answer = api.patch_json(ME, body, status=status).json
    assert answer["code"] == code
    assert all(error["loc"] == ["body", "current_password"] for error in answer.get("errors", []))
    assert api.get(ME).json["email"] == api.email
    login(api.app, username=api.email, password=PASSWORD)


@row("A20-anothers")
def test_anothers_password_is_not_the_current_one(api: Api, other: Api) -> None:
    change_password(other, other)
    api.patch_json(ME, {"email": new_email(), "current_password": OTHER_PASSWORD}, status=403)
    log_in(TestApp(api.app.app), api)
