"""An auth backend whose passwords are stored in another service, such as an LDAP server."""

from typing import Any, ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from intermediate import accounts
from intermediate.plugins.auth.interface import Auth, AuthError
from intermediate.plugins.base import Capability, reaching_database
from intermediate.request import Request

HASHER = PasswordHasher(1, 4096, 1)
NOBODYS = HASHER.hash("the password of nobody")


def to_bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


class DirectoryAuth(Auth):
    capabilities: ClassVar = frozenset({Capability.PASSWORDS})
    people: ClassVar[dict[str, str]] = {}

    @staticmethod
    def set_password(settings: Any, email: str, password: str) -> None:
        """Set a password in the other service."""
        DirectoryAuth.people[email] = HASHER.hash(to_bytes(password))

    def identify(self, request: Request) -> None:
        return None

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        try:
            HASHER.verify(self.people.get(email, NOBODYS), to_bytes(password))
        except VerificationError:
            return None
        if email not in self.people:
            return None
        with reaching_database(AuthError):
            user = accounts.find_or_create(session, email)
        return user.id if user.is_active else None

    def hash_password(self, password: str) -> str:
        raise AuthError("passwords are kept in the directory")
