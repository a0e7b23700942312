"""What is tried at the token endpoint and with tokens. The id of each test begins with its row.

A15 is in `tests/unit/test_settings.py`, A8 in `tests/unit/test_tokens.py`, and of A17 what needs a server in
`test_oauth_clients.py`.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from webtest import TestApp

from tests.conftest import NewDatabase
from tests.functional.conftest import PASSWORD, Api, Target, make_admin, make_api, new_email, serving
from tests.rows import row

pytestmark = pytest.mark.slow

KEY, OLD_KEY, STRANGERS_KEY = (letter * 64 for letter in "kos")
LOGIN, REFRESH, ME = "/api/auth/login", "/api/auth/refresh", "/api/users/me"
OTHER_PASSWORD = "staple wrong donkey"


@pytest.fixture(scope="module")
def database_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with new_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="module")
def target(is_served: bool, tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Target]:
    """An application whose key is known here."""
    ini = {"database.url": database_url, "jwt.secret_key": KEY}
    with serving(is_served, tmp_path_factory.mktemp("attacks"), **ini) as target:
        yield target


def login(app: TestApp, status: int = 200, **form: str) -> Any:
    return app.post(LOGIN, form, status=status)


def bearer(app: TestApp, token: str, status: Any = 401, path: str = ME, scheme: str = "Bearer ") -> Any:
    return app.get(path, headers={"Authorization": scheme + token}, status=status)


def refused(answer: Any) -> None:
    assert answer.json["code"] == "invalid_token"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="intermediate", error="invalid_token"'


# -- the token endpoint


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


# -- tokens


@row("A6")
def test_no_token(app: TestApp) -> None:
    answer = app.get(ME, status=401)
    assert answer.json["code"] == "missing_token"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="intermediate"'


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Any, claims: Any, key: str = KEY, digest: Any = hashlib.sha256) -> str:
    """A token made by hand, since libraries refuse to make most of these."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(hmac.new(key.encode(), text.encode(), digest).digest())}"


HS256 = {"alg": "HS256", "typ": "JWT"}
DEEP = b'{"a":' * 1000 + b"1" + b"}" * 1000
GARBAGE = {
    "empty": "",
    "a.b": "a.b",
    "dots": "...",
    "1MB": "x" * 1024 * 1024,
    "9000": "x" * 9000,
    "non-ascii": "\xff",
    "base64-of-a-list": encoded([1]),
    "list-as-header": signed([1], {}),
    "list-as-claims": signed(HS256, [1]),
    "deep-header": f"{encoded(DEEP[:6000])}.e30.e30",
    "deeper": f"{encoded(b'[' * 5000)}.e30.e30",
    "deep-claims": signed(HS256, b"[" * 5000),
    "no-json": signed(b"{", b"{"),
    "no-utf8": signed(b"\xff", b"\xff"),
    "half": encoded(HS256),
}


@pytest.mark.parametrize("token", GARBAGE.values(), ids=[f"A7-{name}" for name in GARBAGE])
def test_garbage_is_no_token(app: TestApp, token: str) -> None:
    answer = bearer(app, token, status="4*")
    if answer.status_int != 431:  # a server may refuse a header that is this long
        assert answer.status_int == 401
        refused(answer)
    assert app.post(REFRESH, {"refresh_token": token[:500_000]}, status=400).json["error"] in (
        "invalid_grant",
        "invalid_request",
    )


@pytest.fixture
def claims(api: Api) -> dict[str, Any]:
    """Those of a good token: with the right key they open the API."""
    body = api.token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    bearer(api.app, signed(HS256, found), 200)
    return found


@row("A7-expired")
def test_a_token_that_has_expired(app: TestApp, claims: dict[str, Any]) -> None:
    past = {"iat": claims["iat"] - 3600, "exp": claims["exp"] - 3600}
    refused(bearer(app, signed(HS256, claims | past)))


ALGORITHMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "none": lambda claims: f"{encoded({'alg': 'none'})}.{encoded(claims)}.",
    "nOnE": lambda claims: f"{encoded({'alg': 'nOnE'})}.{encoded(claims)}.",
    "none-signed": lambda claims: signed({"alg": "none"}, claims),
    "unsigned": lambda claims: f"{encoded(HS256)}.{encoded(claims)}.",
    "absent": lambda claims: signed({"typ": "JWT"}, claims),
    "HS512": lambda claims: signed({"alg": "HS512"}, claims, digest=hashlib.sha512),
    "HS384": lambda claims: signed({"alg": "HS384"}, claims, digest=hashlib.sha384),
    "RS256": lambda claims: signed({"alg": "RS256"}, claims),
    "stranger": lambda claims: signed(HS256, claims, STRANGERS_KEY),
    "empty-key": lambda claims: signed(HS256, claims, ""),
}


@pytest.mark.parametrize("make", ALGORITHMS.values(), ids=[f"A9-{name}" for name in ALGORITHMS])
def test_another_algorithm_or_key(app: TestApp, claims: dict[str, Any], make: Callable[[Any], str]) -> None:
    refused(bearer(app, make(claims)))


HEADERS: dict[str, Any] = {
    "kid": "stranger",
    "jwk": {"kty": "oct", "k": encoded(STRANGERS_KEY.encode())},
    "jku": "http://127.0.0.1:9/keys",
    "x5u": "http://127.0.0.1:9/cert",
    "crit": ["exp"],
}


@pytest.mark.parametrize("name", HEADERS, ids=[f"A10-{name}" for name in HEADERS])
def test_a_header_finds_no_key(app: TestApp, claims: dict[str, Any], name: str) -> None:
    header = HS256 | {name: HEADERS[name]}
    refused(bearer(app, signed(header, claims, STRANGERS_KEY)))
    bearer(app, signed(HS256 | {"kid": "../../../dev/null"}, claims, ""))
    assert bearer(app, signed(header, claims), "*").status_int == (401 if name == "crit" else 200)


CLAIMS: dict[str, Any] = {
    **{f"no-{name}": {name: None} for name in ("exp", "iat", "sub", "sid", "aud", "iss", "jti", "use")},
    **{
        f"exp-{name}": {"exp": value}
        for name, value in {
            "text": "abc",
            "inf": float("inf"),
            "nan": float("nan"),
            "list": [1],
            "far": 10**30,
            "digits": "9999999999",
            "float": time.time() + 600,
            "true": True,
        }.items()
    },
    "iat-text": {"iat": "abc"},
    "iat-inf": {"iat": float("inf")},
    "iat-list": {"iat": []},
    "sub-number": {"sub": 1},
    "sid-list": {"sid": ["x"]},
    "lives-too-long": {"exp": int(time.time()) + 3600},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=[f"A11-{name}" for name in CLAIMS])
def test_claims_that_are_not_ours(app: TestApp, claims: dict[str, Any], changes: dict[str, Any]) -> None:
    changed = {name: value for name, value in (claims | changes).items() if value is not None}
    refused(bearer(app, signed(HS256, changed)))


@row("A12")
def test_a_token_for_another_use(app: TestApp, api: Api, claims: dict[str, Any]) -> None:
    pair = login(app, username=api.email, password=PASSWORD).json
    refused(bearer(app, pair["refresh_token"]))
    assert app.post(REFRESH, {"refresh_token": pair["access_token"]}, status=400).json["error"] == "invalid_grant"
    for changes in ({"aud": "another"}, {"aud": ["another"]}, {"iss": "another"}, {"use": "other"}):
        refused(bearer(app, signed(HS256, claims | changes)))


def change_password(_admin: Api, api: Api) -> None:
    api.patch_json(ME, {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}, status=200)


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


@row("A13-demoted")
def test_a_role_is_that_of_the_account_and_never_of_the_token(target: Target, database_url: str) -> None:
    admin, second = make_admin(target, database_url), make_admin(target, database_url)
    second.get("/api/users", status=200)
    admin.patch_json(f"/api/users/{second.user_id}", {"role": "user"})
    second.get("/api/users", status=403)
    body = second.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    bearer(second.app, signed(HS256, claims | {"role": "admin", "is_admin": True}), 403, "/api/users")


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


SCHEMES = {
    "Basic": ("Basic ", 401),
    "lower-case": ("bearer ", 200),
    "mixed-case": ("bEARER ", 200),
    "two-spaces": ("Bearer  ", 401),
    "no-space": ("Bearer", 401),
    "tab": ("Bearer\t", 401),
    "joined": ("Bearer x, Bearer ", 400),
    "joined-with-Basic": ("Basic YTpi, Bearer ", 400),
}


@pytest.mark.parametrize(("scheme", "status"), SCHEMES.values(), ids=[f"A17-{name}" for name in SCHEMES])
def test_the_scheme_of_a_token(app: TestApp, api: Api, scheme: str, status: int) -> None:
    answer = bearer(app, api.token, status, scheme=scheme)
    if status == 400:
        assert answer.json["code"] == "invalid_request"
        assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
