"""The auth backend `remote_user`: a reverse proxy authenticates users and names them in a request header.

Any client can send that header, so it is trusted only if the peer of the connection is the proxy. The proxy must remove
the header from the requests of its own clients.
"""

import logging
from typing import NoReturn

from pydantic import Field
from pyramid.i18n import TranslationString
from sqlalchemy.orm import Session

from intermediate import addresses
from intermediate.i18n import _
from intermediate.plugins.auth.interface import Auth, AuthError
from intermediate.plugins.base import Section
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.schemas.accounts import normal_email
from intermediate.sections import NetworkList

log = logging.getLogger(__name__)
TWICE = _("The header ${header}, which identifies you, was sent more than once.")
EMPTY = _("The header ${header}, which identifies you, is empty.")
NO_ADDRESS = _(
    "The header ${header}, which identifies you, does not contain an e-mail address of at most 254 characters."
)


class RemoteUserSettings(Section):
    # No underscores: servers drop headers that contain them, or treat them as dashes.
    header: str = Field("X-Remote-User", pattern=r"^[A-Za-z0-9-]+$")
    """The header in which the proxy sends the user's e-mail address. The proxy must remove it from client requests."""
    trusted: NetworkList = Field(("127.0.0.1", "::1"), min_length=1, validate_default=True)
    """Addresses or networks of the proxy."""


class RemoteUserAuth(Auth):
    Settings = RemoteUserSettings

    def __init__(self, settings: RemoteUserSettings) -> None:
        self._header = settings.header
        self._key = "HTTP_" + settings.header.upper().replace("-", "_")
        self._trusted = settings.trusted
        self._warned = False

    @classmethod
    def build(cls, config: object, settings: RemoteUserSettings) -> "RemoteUserAuth":
        return cls(settings)

    def identify(self, request: Request) -> str | None:
        given = request.environ.get(self._key)
        if given is None:
            return None
        address = addresses.peer(request.environ)
        if not self.trusts(address):
            self._warn_once(address)
            return None
        if "," in given:  # servers join repeated headers with a comma
            self._refuse(TWICE)
        try:
            return normal_email(given)
        except ValueError:
            self._refuse(NO_ADDRESS if given.strip() else EMPTY)

    def check_password(self, session: Session, email: str, password: str) -> None:
        return None

    def hash_password(self, password: str) -> str:
        raise AuthError("remote_user does not use passwords")

    def trusts(self, address: str) -> bool:
        return addresses.within(address, self._trusted)

    def _refuse(self, why: str) -> NoReturn:
        raise Problem(400, "invalid_remote_user", TranslationString(why, mapping={"header": self._header}))

    def _warn_once(self, address: str) -> None:
        """Log the first untrusted peer. This reveals a misconfigured proxy, and clients cannot flood the log."""
        if not self._warned:
            self._warned = True
            log.warning("remote_user_ignored", extra={"header": self._header, "peer": address})
