"""The contract suite of auth backends."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import pytest

from intermediate import accounts
from intermediate.plugins.auth.interface import Auth, AuthError
from intermediate.plugins.base import Capability
from intermediate.problems import Problem
from intermediate.scripting import request_for
from intermediate.testing.away import Away, all_tell, soon, tells
from intermediate.testing.contract import Contract, in_threads

PASSWORD = "Correct horse 🎈 battery"  # of test accounts only


Environ = Mapping[str, str | Callable[[str], str]]
SetPassword = Callable[[str, str], None]


def _filled(environ: Environ, text: str) -> dict[str, str]:
    return {key: value(text) if callable(value) else value.replace("{email}", text) for key, value in environ.items()}


class AuthBench:
    """The backend under test, and accounts that no other test uses."""

    away: Away
    patience: float

    def __init__(self, registry: Any, proof: Environ, set_password: SetPassword) -> None:
        self.registry = registry
        self.proof = proof
        self.auth: Auth = registry.auth
        self.passwords = Capability.PASSWORDS in self.auth.capabilities
        self.registration = Capability.REGISTRATION in self.auth.capabilities
        self._set_password = set_password

    def hash(self, password: str) -> str | None:
        """Return the password hash to store, or None for a backend that sets no passwords."""
        if self.registration:
            return self.auth.hash_password(password)
        with pytest.raises(AuthError):
            self.auth.hash_password(password)
        return None

    def newcomer(self, password: str | None = PASSWORD) -> str:
        """Return an e-mail address without an account. Without `registration`, the backend stores its password."""
        email = f"{secrets.token_hex(8)}@example.com"
        if password is not None and self.passwords and not self.registration:
            self._set_password(email, password)
        return email

    def account(self, password: str | None = PASSWORD, *, active: bool = True) -> tuple[str, int]:
        """Create an account and return its e-mail address and id."""
        email = self.newcomer(password)
        stored = None if password is None else self.hash(password)
        with request_for(self.registry) as request:
            user = accounts.create(request.db, email, stored)
            user.is_active = active
            return email, user.id

    def check(self, email: str, password: str) -> int | None:
        with request_for(self.registry) as request:
            return self.auth.check_password(request.db, email, password)

    def accepted(self, user_id: int) -> int | None:
        """Return the expected result for a correct password: None for a backend that refuses passwords."""
        return user_id if self.passwords else None

    def identify(self, text: str, environ: Environ | None = None) -> str | None:
        """Identify a request whose proof contains `text` as the e-mail address, with `environ` added to it."""
        with request_for(self.registry) as request:
            request.environ.update(_filled(self.proof, text) | _filled(environ or {}, text))
            return self.auth.identify(request)

    def work(self, email: str) -> float:
        """Return the processor time, in seconds, for refusing a password: the minimum of three runs."""
        spent = []
        for _ in range(3):
            begun = time.thread_time()
            assert self.check(email, "wrong") is None
            spent.append(time.thread_time() - begun)
        return min(spent)


class AuthContract(Contract):
    """The contract of every auth backend. Choose options that make hashing fast, but not faster than a query."""

    kind: ClassVar = "auth"
    interface: ClassVar = Auth
    proof: ClassVar[Environ] = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REMOTE_USER": "{email}"}
    """The keys of a WSGI environ that prove `{email}`, for a backend without the capability `passwords`. A value
    that is signed is a function of the address."""
    forgeries: ClassVar[Sequence[Environ]] = (
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": ""},
    )
    """Changes to that environ, each of which invalidates the proof."""

    @staticmethod
    def set_password(settings: Any, email: str, password: str) -> None:
        """Set a password in the backend's store. Required with `passwords` but without `registration`."""
        raise NotImplementedError("define set_password: without `registration`, the suite cannot set a password itself")

    @pytest.fixture
    def auth(self, registry: Any) -> AuthBench:
        return self.bench(registry)

    @classmethod
    def bench(cls, registry: Any) -> AuthBench:
        """Return the bench for one test."""
        bench = AuthBench(registry, cls.proof, partial(cls.set_password, registry.app_settings.options["auth"]))
        bench.away, bench.patience = cls.away(registry), cls.patience
        return bench

    def test_right_password_is_accepted(self, auth: AuthBench) -> None:
        (email, user_id), (other, other_id) = auth.account(), auth.account("another")
        assert auth.check(email, PASSWORD) == auth.accepted(user_id)
        assert auth.check(other, "another") == auth.accepted(other_id)

    def test_wrong_password_is_refused(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        _, _ = auth.account("another")
        wrong = ["", " ", PASSWORD[:-1], PASSWORD + " ", PASSWORD + "\0", PASSWORD.lower(), PASSWORD.upper(), "another"]
        for password in (*wrong, PASSWORD[1:], " " + PASSWORD, "\0", "\ud800", "x" * 10_000):
            assert auth.check(email, password) is None

    def test_wrong_password_is_refused__after_nul(self, auth: AuthBench) -> None:
        email, user_id = auth.account("before\0after")
        assert auth.check(email, "before\0other") is None
        assert auth.check(email, "before") is None
        assert auth.check(email, "before\0after") == auth.accepted(user_id)

    def test_unknown_email_is_refused(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        for unknown in ("nobody@example.com", "", f"x{email}", "%"):
            assert auth.check(unknown, PASSWORD) is None

    def test_unknown_email_costs_the_same(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        assert auth.work("nobody@example.com") > auth.work(email) / 2

    def test_inactive_account_is_refused(self, auth: AuthBench) -> None:
        email, _ = auth.account(active=False)
        assert auth.check(email, PASSWORD) is None

    def test_account_without_password_is_refused(self, auth: AuthBench) -> None:
        email, _ = auth.account(None)
        for password in ("", "None", PASSWORD, "the password of no account"):
            assert auth.check(email, password) is None

    def test_first_login_makes_the_account(self, auth: AuthBench) -> None:
        email = auth.newcomer()
        logins = [lambda: auth.check(email, PASSWORD)] * 4
        ids = set(in_threads(*logins, patience=self.patience))
        with request_for(auth.registry) as request:
            account = accounts.find(request.db, email)
            assert (account is not None) is (auth.passwords and not auth.registration)
            assert ids == {account and account.id}

    def test_password_is_not_stored(self, auth: AuthBench) -> None:
        for password in (PASSWORD, "a", "0123456789"):
            stored = auth.hash(f"{password}-{PASSWORD}") or ""
            assert f"{password}-{PASSWORD}" not in stored
            assert PASSWORD not in stored

    def test_hashes_are_salted(self, auth: AuthBench) -> None:
        stored = [auth.hash(PASSWORD) for _ in range(3)]
        assert len(set(stored)) == (3 if auth.registration else 1)

    def test_hashes_fit_their_column(self, auth: AuthBench) -> None:
        for password in ("a", PASSWORD, "ü" * 1024):
            assert len(auth.hash(password) or "") <= 255

    def test_long_passwords_count_in_full(self, auth: AuthBench) -> None:
        long = "0123456789abcdef" * 64
        email, user_id = auth.account(long)
        assert auth.check(email, long[:-1] + "x") is None
        assert auth.check(email, long[:100] + "x" + long[101:]) is None
        assert auth.check(email, long) == auth.accepted(user_id)

    def test_identify_needs_proof(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        with request_for(auth.registry) as request:
            assert auth.auth.identify(request) is None
            request.environ["QUERY_STRING"] = f"email={email}&user={email}"
            request.environ["HTTP_COOKIE"] = f"email={email}"
            assert auth.auth.identify(request) is None

    def test_proof_names_one_address(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        for known in (email, "Nobody.Yet+x@EXAMPLE.com"):
            for given in (known, known.upper(), f" {known} "):
                assert auth.identify(given) == (None if auth.passwords else known.lower())

    def test_proof_from_others_is_ignored(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        for forgery in self.forgeries:
            assert auth.identify(email, forgery) is None
            assert auth.identify("no address", forgery) is None

    def test_malformed_proof_is_refused(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        twice = (f"{email},{email}", f"{email}, other@example.com", f"{email} {email}", f"{email};{email}")
        for given in ("", " ", "nobody", "@example.com", f"<{email}>", *twice, f"\xfc{email}", f"a\0{email}"):
            self.refused(auth, given)
        self.refused(auth, f"{'x' * 60}@{'y' * 190}.com")

    @staticmethod
    def refused(auth: AuthBench, given: str) -> None:
        if auth.passwords:  # such a backend accepts no proof at all
            assert auth.identify(given) is None
            return
        with pytest.raises(Problem) as caught:
            auth.identify(given)
        assert caught.value.status == 400

    def test_passwords_are_a_capability(self, auth: AuthBench) -> None:
        email, user_id = auth.account()
        assert (auth.hash(PASSWORD) is not None) is auth.registration
        assert auth.check(email, PASSWORD) == (user_id if auth.passwords else None)

    def test_unreachable_is_told(self, auth: AuthBench) -> None:
        auth.auth.ping()
        if auth.away.is_possible:
            with auth.away.refused() as away:
                self._tells(auth, away)

    def test_unreachable_is_told__by_silence(self, auth: AuthBench) -> None:
        if auth.away.is_possible:
            with auth.away.silent() as away:
                self._tells(auth, away)

    def test_unreachable_is_told__without_database(self, auth: AuthBench) -> None:
        email, _ = auth.account()
        with auth.away.without_database() as away, request_for(auth.registry) as request:
            assert tells(AuthError, lambda: away.check_password(request.db, email, PASSWORD)) is auth.passwords
            assert tells(AuthError, lambda: away.hash_password(PASSWORD)) is not auth.registration
            assert away.identify(request) is None

    @staticmethod
    def _tells(auth: AuthBench, away: Auth) -> None:
        email, _ = auth.account()
        soon(partial(all_tell, AuthError, {"ping": away.ping}), auth.patience)
        with request_for(auth.registry) as request:
            assert tells(AuthError, lambda: away.check_password(request.db, email, PASSWORD)) is auth.passwords
            assert away.identify(request) is None
