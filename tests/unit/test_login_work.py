"""R4: a failed login takes the same work whether the account exists or not. The tests count hashes instead of time.
`intermediate.testing.auth` measures the processor time of each backend."""

from typing import Any

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from webtest import TestApp

from intermediate import accounts
from intermediate.scripting import request_for
from tests.functional.conftest import PASSWORD
from tests.rows import row
from tests.unit.conftest import MakeApp

QUICK = {"auth__local__time_cost": "1", "auth__local__memory_kib": "4096"}
Work = list[tuple[Parameters, int]]


@pytest.fixture
def app(make_registry: MakeApp) -> TestApp:
    registry = make_registry(**QUICK, api__rate_limits="false", session__secure_cookie="false")
    with request_for(registry) as request:
        for name, active in (("known", True), ("disabled", False)):
            stored = request.auth.hash_password(PASSWORD)
            accounts.create(request.db, f"{name}@example.com", stored).is_active = active
        accounts.create(request.db, "without@example.com", None)
    return TestApp(registry.app)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """The parameters of each hash that is compared with a password, and the length of the password."""
    done: Work = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: bytes) -> Any:
        done.append((extract_parameters(stored), len(password)))
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    return done


KNOWN = "known@example.com"
OTHERS = {
    "unknown": "unknown@example.com",
    "disabled": "disabled@example.com",
    "no-password": "without@example.com",
    "no-address": "no address",
    "NUL": "known@example.com\0",
}


@pytest.mark.parametrize("email", OTHERS.values(), ids=[f"R4-{name}" for name in OTHERS])
def test_a_login_that_fails_compares_one_hash_of_the_same_cost(app: TestApp, work: Work, email: str) -> None:
    for name in (KNOWN, email):
        app.post("/api/auth/login", {"username": name, "password": "not it, no"}, status=400)
        form = app.get("/auth/login").forms[0]
        form["email"], form["password"] = name, "not it, no"
        form.submit(status=422)
    of_known, of_other = work[:2], work[2:]
    assert len(of_known) == 2
    assert of_other == of_known


@row("R4-long")
def test_a_password_that_nobody_can_have_compares_one_hash_too(app: TestApp, work: Work) -> None:
    for name in (KNOWN, OTHERS["unknown"]):
        app.post("/api/auth/login", {"username": name, "password": "x" * 2000}, status=400)
    [known, unknown] = work
    assert known == unknown
