"""Attacks with tokens, including forged ones. The id of each test begins with its row of the attack table.

A15 is in `tests/unit/test_settings.py`, A8 in `tests/unit/test_tokens.py`, and the part of A17 that needs a server in
`test_oauth_clients.py`.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webtest import TestApp

from intermediate.templating import SITE
from tests.conftest import NewDatabase
from tests.functional.conftest import PASSWORD, Api, Target, make_admin, serving
from tests.functional.logins import (
    KEY,
    ME,
    REFRESH,
    STRANGERS_KEY,
    bearer,
    login,
    refused,
)
from tests.rows import row

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with new_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="module")
def target(is_served: bool, tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Target]:
    """An application whose signing key the test knows."""
    ini = {"database.url": database_url, "jwt.secret_key": KEY}
    with serving(is_served, tmp_path_factory.mktemp("attacks"), **ini) as target:
        yield target


@row("A6")
def test_no_token(app: TestApp) -> None:
    answer = app.get(ME, status=401)
    assert answer.json["code"] == "missing_token"
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="{SITE}"'


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Any, claims: Any, key: str = KEY, digest: Any = hashlib.sha256) -> str:
    """Sign a token by hand, because libraries refuse to create most of these."""
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
    if answer.status_int != 431:  # a server may refuse such a long header
        assert answer.status_int == 401
        refused(answer)
    assert app.post(REFRESH, {"refresh_token": token[:500_000]}, status=400).json["error"] in (
        "invalid_grant",
        "invalid_request",
    )


@pytest.fixture
def claims(api: Api) -> dict[str, Any]:
    """Return the claims of a valid token, which grants access if it is signed with the right key."""
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
            "float": lambda claims: claims["exp"] + 0.5,
            "true": True,
        }.items()
    },
    "iat-text": {"iat": "abc"},
    "iat-inf": {"iat": float("inf")},
    "iat-list": {"iat": []},
    "sub-number": {"sub": 1},
    "sid-list": {"sid": ["x"]},
    "lives-too-long": {"exp": lambda claims: claims["iat"] + 3600},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=[f"A11-{name}" for name in CLAIMS])
def test_claims_that_are_not_ours(app: TestApp, claims: dict[str, Any], changes: dict[str, Any]) -> None:
    changes = {name: value(claims) if callable(value) else value for name, value in changes.items()}
    changed = {name: value for name, value in (claims | changes).items() if value is not None}
    refused(bearer(app, signed(HS256, changed)))


@row("A12")
def test_a_token_for_another_use(app: TestApp, api: Api, claims: dict[str, Any]) -> None:
    pair = login(app, username=api.email, password=PASSWORD).json
    refused(bearer(app, pair["refresh_token"]))
    assert app.post(REFRESH, {"refresh_token": pair["access_token"]}, status=400).json["error"] == "invalid_grant"
    for changes in ({"aud": "another"}, {"aud": ["another"]}, {"iss": "another"}, {"use": "other"}):
        refused(bearer(app, signed(HS256, claims | changes)))


@row("A13-demoted")
def test_a_role_is_that_of_the_account_and_never_of_the_token(target: Target, database_url: str) -> None:
    admin, second = make_admin(target, database_url), make_admin(target, database_url)
    second.get("/api/users", status=200)
    admin.patch_json(f"/api/users/{second.user_id}", {"role": "user"})
    second.get("/api/users", status=403)
    body = second.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    bearer(second.app, signed(HS256, claims | {"role": "admin", "is_admin": True}), 403, "/api/users")


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
