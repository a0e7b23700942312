"""An auth backend for a gateway that signs the user's e-mail address, instead of being trusted by its own address."""

import hmac

from sqlalchemy.orm import Session

from intermediate.plugins.auth.interface import Auth, AuthError
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.schemas.accounts import normal_email

KEY = b"the gateway's"


def signed(email: str, key: bytes = KEY) -> str:
    """Return the header value that the gateway sends."""
    return f"{email}:{hmac.digest(key, email.encode(), 'sha256').hex()}"


class GatewayAuth(Auth):
    def identify(self, request: Request) -> str | None:
        given = request.environ.get("HTTP_X_ASSERTION", "")
        email = given.rpartition(":")[0]
        if not hmac.compare_digest(given.encode(), signed(email).encode()):
            return None
        try:
            return normal_email(email)
        except ValueError:
            raise Problem(400, "invalid_assertion", "The assertion names no e-mail address.") from None

    def check_password(self, session: Session, email: str, password: str) -> None:
        return None

    def hash_password(self, password: str) -> str:
        raise AuthError("the gateway uses no passwords")
