"""The auth backends that are shipped keep the contract, and so does one that knows no passwords."""

from typing import ClassVar

from sqlalchemy.orm import Session

from intermediate.plugins.auth.interface import Auth, AuthError
from intermediate.request import Request
from intermediate.testing import AuthContract


class NoPasswords(Auth):
    """As a proxy's backend: accounts are there, passwords are not."""

    def identify(self, request: Request) -> str | None:
        return request.headers.get("X-Proven")

    def check_password(self, session: Session, email: str, password: str) -> None:
        return None

    def hash_password(self, password: str) -> str:
        raise AuthError("there are no passwords here")


class TestLocalAuth(AuthContract):
    backend: ClassVar = "local"
    options: ClassVar = {"time_cost": "1", "memory_kib": "4096"}


class TestNoPasswords(AuthContract):
    backend: ClassVar = f"{__name__}:NoPasswords"
