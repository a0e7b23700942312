"""Requests and assertions for the tests of logins and tokens."""

from typing import Any

from webtest import TestApp

from intermediate.templating import SITE
from tests.functional.conftest import PASSWORD, Api

KEY, OLD_KEY, STRANGERS_KEY = (letter * 64 for letter in "kos")
LOGIN, REFRESH, ME = "/api/auth/login", "/api/auth/refresh", "/api/users/me"
OTHER_PASSWORD = "staple wrong donkey"


def login(app: TestApp, status: int = 200, **form: str) -> Any:
    return app.post(LOGIN, form, status=status)


def bearer(app: TestApp, token: str, status: Any = 401, path: str = ME, scheme: str = "Bearer ") -> Any:
    return app.get(path, headers={"Authorization": scheme + token}, status=status)


def refused(answer: Any) -> None:
    assert answer.json["code"] == "invalid_token"
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="{SITE}", error="invalid_token"'


def change_password(_admin: Api, api: Api) -> None:
    api.patch_json(ME, {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}, status=200)
