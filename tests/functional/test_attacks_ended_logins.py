"""Attacks with tokens of ended logins and retired keys. The id of each test begins with its row of the attack table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import NewDatabase
from tests.functional.conftest import PASSWORD, Api, Target, make_admin, make_api, serving
from tests.functional.logins import KEY, ME, OLD_KEY, REFRESH, bearer, change_password, login, refused
from tests.rows import row

pytestmark = pytest.mark.slow
ENDS: dict[str, Callable[[Api, Api], Any]] = {
    "deleted": lambda _admin, api: api.delete(ME, status=204),
    "deleted-by-admin": lambda admin, api: admin.delete(f"/api/users/{api.user_id}", status=204),
    "disabled": lambda admin, api: admin.patch_json(f"/api/users/{api.user_id}", {"is_active": False}),
    "password": change_password,
    "logout": lambda _admin, api: api.post("/api/auth/logout", status=204),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=[f"A13-{name}" for name in ENDS])
def test_a_token_ends_with_what_it_stands_for(target: Target, api: Api, database_url: str, end: Any) -> None:
    admin = make_admin(target, database_url)
    pair = login(api.app, username=api.email, password=PASSWORD).json
    api.token = pair["access_token"]
    api.get(ME, status=200)
    end(admin, api)
    refused(api.get(ME, status=401))
    assert api.app.post(REFRESH, {"refresh_token": pair["refresh_token"]}, status=400).json["error"] == "invalid_grant"


@row("A14")
def test_keys_rotate(new_database: NewDatabase, is_served: bool, tmp_path: Path) -> None:
    with new_database(tmp_path) as url:
        settings = {"database.url": url}
        with serving(is_served, tmp_path, **settings, **{"jwt.secret_key": OLD_KEY}) as target:
            api = make_api(target)
            pair = login(api.app, username=api.email, password=PASSWORD).json
        with serving(is_served, tmp_path, **settings, **{"jwt.secret_key": f"{KEY}, {OLD_KEY}"}) as target:
            app = TestApp(target)
            bearer(app, pair["access_token"], 200)
            pair = app.post(REFRESH, {"refresh_token": pair["refresh_token"]}).json
            bearer(app, pair["access_token"], 200)
        with serving(is_served, tmp_path, **settings, **{"jwt.secret_key": KEY}) as target:
            app = TestApp(target)
            bearer(app, pair["access_token"], 200)
            refused(bearer(app, api.token))


@row("A16")
def test_the_two_surfaces_do_not_mix(api: Api, browser: TestApp, app: TestApp) -> None:
    browser.get("/notes", status=200)
    assert browser.get(ME, status=401).json["code"] == "missing_token"
    nobody = TestApp(app.app)
    answer = nobody.get("/notes", headers={"Authorization": f"Bearer {api.token}"}, status=303)
    assert "/auth/login" in answer.location
