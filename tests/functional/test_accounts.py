"""Registration, login and logout, on the site and in the API."""

from base64 import b64encode
from typing import Any

import pytest
from webtest import TestApp

from intermediate.templating import SITE
from tests.functional.conftest import PASSWORD, Api


def test_registering_on_the_site_signs_in_and_lands_on_the_notes(app: TestApp, email: str) -> None:
    form = app.get("/auth/register").forms[0]
    form["email"], form["password"] = email, PASSWORD
    answer = form.submit(status=303)
    assert answer.location.endswith("/notes")
    assert "Notes" in answer.follow(status=200)


def test_an_account_of_the_api_can_log_in_on_the_site(app: TestApp, api: Api) -> None:
    form = app.get("/auth/login").forms[0]
    form["email"], form["password"] = api.email.upper(), PASSWORD
    assert form.submit(status=303).location.endswith("/notes")


def test_a_second_account_for_an_address_is_refused(app: TestApp, api: Api) -> None:
    body = {"email": f" {api.email.upper()} ", "password": PASSWORD}
    answer = app.post_json("/api/auth/register", body, status=409)
    assert answer.json["code"] == "email_taken"
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("client", ["", "swagger-ui"])
@pytest.mark.parametrize("said", ["header", "body"])
def test_the_token_endpoint_bears_with_what_clients_say_of_themselves(
    app: TestApp, api: Api, client: str, said: str
) -> None:
    """RFC 6749, 2.3.1 and 3.2: client credentials in either place, and parameters without a value."""
    about = {"client_id": client, "client_secret": ""} if said == "body" else {}
    basic = b64encode(f"{client}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if said == "header" else {}
    fields = {"grant_type": "", "scope": "", **about}
    login = {"username": api.email, "password": PASSWORD, **fields}
    tokens = app.post("/api/auth/login", login, headers=headers, status=200).json
    refresh = {"refresh_token": tokens["refresh_token"], **fields}
    assert app.post("/api/auth/refresh", refresh, headers=headers, status=200).json["access_token"]


def test_a_refresh_token_is_spent_by_its_use_and_ends_its_family_when_used_again(app: TestApp, api: Api) -> None:
    first = app.post("/api/auth/login", {"username": api.email, "password": PASSWORD}).json
    second = app.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]}).json
    authorized = {"Authorization": f"Bearer {second['access_token']}"}
    app.get("/api/tasks", headers=authorized, status=200)
    answer = app.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]}, status=400)
    assert answer.json["error"] == "invalid_grant"
    app.get("/api/tasks", headers=authorized, status=401)


def test_logging_out_ends_the_session_at_once(api: Api, app: TestApp, browser: TestApp) -> None:
    api.post("/api/auth/logout", status=204)
    assert api.get("/api/tasks", status=401).json["code"] == "invalid_token"

    kept: dict[str, Any] = dict(browser.cookies)
    form = browser.get("/notes").forms["logout"]
    form.submit(status=303)
    browser.cookies.update(kept)
    assert "/auth/login" in browser.get("/notes", status=303).location


def test_who_is_not_signed_in_is_told_how(app: TestApp) -> None:
    answer = app.get("/api/tasks", status=401)
    assert answer.json["code"] == "missing_token"
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="{SITE}"'
    bad = app.get("/api/tasks", headers={"Authorization": "Bearer a.b.c"}, status=401)
    assert 'error="invalid_token"' in bad.headers["WWW-Authenticate"]
    assert app.get("/notes?status=pending", status=303).location.endswith(
        "/auth/login?next=%2Fnotes%3Fstatus%3Dpending"
    )
