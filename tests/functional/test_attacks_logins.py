"""Attacks on the token endpoint. The id of each test begins with its row of the attack table."""

from typing import Any
from urllib.parse import urlencode

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api, make_admin, new_email
from tests.functional.logins import LOGIN, REFRESH, login
from tests.rows import row

pytestmark = pytest.mark.slow


@row("A1")
def test_a_good_login(app: TestApp, api: Api) -> None:
    answer = login(app, username=api.email, password=PASSWORD)
    pair = answer.json
    assert pair.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 900)
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    login(app, username=api.email, password=PASSWORD, grant_type="password")


@row("A2")
def test_bad_logins_are_answered_alike(app: TestApp, api: Api, other: Api, database_url: str) -> None:
    make_admin(app.app, database_url).patch_json(f"/api/users/{other.user_id}", {"is_active": False})
    forms = ((api.email, "not it, no"), (new_email(), PASSWORD), (other.email, PASSWORD), ("nobody", ""))
    answers = {login(app, 400, username=name, password=password).body for name, password in forms}
    said = b'{"error":"invalid_grant","error_description":"Incorrect username or password."}'
    assert answers == {said}


FORMS = {
    "A3-no-username": ({"password": PASSWORD}, "invalid_request"),
    "A3-no-password": ({"username": "{email}"}, "invalid_request"),
    "A3-nothing": ({}, "invalid_request"),
    "A3-username-twice": ([("username", "{email}"), ("username", "x"), ("password", PASSWORD)], "invalid_request"),
    "A3-empty-username": ({"username": "", "password": PASSWORD}, "invalid_request"),
    "A4-client-credentials": (
        {"username": "{email}", "password": PASSWORD, "grant_type": "client_credentials"},
        "unsupported_grant_type",
    ),
    "A4-before-all-else": ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
    "A4-scope": ({"username": "{email}", "password": PASSWORD, "scope": "admin"}, "invalid_scope"),
}


@pytest.mark.parametrize(("form", "error"), FORMS.values(), ids=FORMS)
def test_a_form_that_is_no_password_grant(app: TestApp, api: Api, form: Any, error: str) -> None:
    answer = app.post(LOGIN, urlencode(form).replace("%7Bemail%7D", api.email), status=400)
    assert answer.json["error"] == error
    assert answer.headers["Cache-Control"] == "no-store"


REFRESH_FORMS = {
    "A3-no-refresh-token": ({"grant_type": "refresh_token"}, "invalid_request", "Send refresh_token."),
    "A3-empty-refresh-token": ({"refresh_token": ""}, "invalid_request", "Send refresh_token."),
    "A4-refresh": (
        {"refresh_token": "x", "grant_type": "password"},
        "unsupported_grant_type",
        "The only supported grant type is refresh_token.",
    ),
    "A3-garbage": ({"refresh_token": "x", "grant_type": ""}, "invalid_grant", None),
}


@pytest.mark.parametrize(("form", "error", "words"), REFRESH_FORMS.values(), ids=REFRESH_FORMS)
def test_a_form_that_is_no_refresh_grant(app: TestApp, form: Any, error: str, words: str | None) -> None:
    answer = app.post(REFRESH, form, status=400)
    assert answer.json["error"] == error
    assert words in (None, answer.json["error_description"])
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


@row("A5")
def test_credentials_are_taken_from_the_form_only(app: TestApp, api: Api) -> None:
    credentials = {"username": api.email, "password": PASSWORD}
    in_query = f"{LOGIN}?{urlencode(credentials)}"
    for answer in (
        app.post(in_query, status=400),
        app.post(in_query, credentials, status=400),
        app.post_json(LOGIN, credentials, status=400),
        app.post(f"{REFRESH}?refresh_token=x", {"refresh_token": "x"}, status=400),
    ):
        assert answer.json["error"] == "invalid_request"
    app.get(in_query, status=405)
