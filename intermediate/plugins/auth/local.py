"""The auth backend `local`: passwords stored with the accounts, hashed with Argon2id."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from intermediate.models import User
from intermediate.plugins.auth.interface import Auth, AuthError
from intermediate.plugins.base import Capability, Duration, Section, reaching_database
from intermediate.request import Request


class LocalAuthSettings(Section):
    # OWASP's parameters for Argon2id: about 30 ms and 19 MiB per hash.
    time_cost: int = Field(2, ge=1, le=100)
    """Iterations of Argon2id."""
    memory_kib: int = Field(19456, ge=8, le=4 * 1024 * 1024)
    """Memory that Argon2id uses for each hash."""
    at_once: int = Field(2, ge=1)
    """How many passwords a process checks at once."""
    wait_seconds: Duration = 2.0
    """How long a login waits for its turn before it gets a 503."""


class LocalAuth(Auth):
    """Limits how many hashes are computed at once, so that a flood of logins cannot exhaust processors or memory."""

    Settings = LocalAuthSettings
    capabilities: ClassVar = frozenset({Capability.PASSWORDS, Capability.REGISTRATION})

    def __init__(self, settings: LocalAuthSettings) -> None:
        self._hasher = PasswordHasher(settings.time_cost, settings.memory_kib, parallelism=1)
        self._slots = threading.BoundedSemaphore(settings.at_once)
        self._wait_seconds = settings.wait_seconds
        self._dummy_hash = self._hasher.hash("the password of no account")

    @classmethod
    def build(cls, config: object, settings: LocalAuthSettings) -> "LocalAuth":
        return cls(settings)

    def identify(self, request: Request) -> None:
        return None

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        with reaching_database(AuthError):
            user = session.scalar(select(User).where(User.email == email))
        stored = user.password_hash if user and user.password_hash else self._dummy_hash
        with self._slot():
            try:
                self._hasher.verify(stored, _bytes(password))
            except (VerificationError, InvalidHashError):
                return None
            if user is None or stored is self._dummy_hash or not user.is_active:
                return None
            renewed = self._hasher.hash(_bytes(password)) if self._hasher.check_needs_rehash(stored) else None
        if renewed:
            with reaching_database(AuthError):
                session.execute(update(User).where(User.id == user.id).values(password_hash=renewed))
        return user.id

    def hash_password(self, password: str) -> str:
        with self._slot():
            return self._hasher.hash(_bytes(password))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._wait_seconds):
            raise AuthError("too many passwords are being checked")
        try:
            yield
        finally:
            self._slots.release()


def _bytes(password: str) -> bytes:
    """Encode any text, including lone surrogates, so that every password can be hashed or refused."""
    return password.encode("utf-8", "surrogatepass")
