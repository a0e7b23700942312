"""Reset links for locked-out users: the holder of a link can set a new password for its account.

An administrator creates a link and passes it on. It is not stored, since it is a signed text of the account, the expiry
and a hash of the stored password hash. So any change of the password invalidates it, its own use included, and of two
concurrent uses only one succeeds.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from pyramid.config import Configurator
from sqlalchemy.orm import Session

from intermediate import accounts
from intermediate.i18n import _
from intermediate.logins.sessions import KeyRing
from intermediate.models import User
from intermediate.models.base import utcnow
from intermediate.problems import Problem
from intermediate.settings import ring_of

LONGEST_TOKEN = 1024
INCOMPLETE = _("This link is incomplete. Copy all of it, or ask an administrator for another.")
OVER = _("This link has expired. Ask an administrator for another.")
SPENT = _(
    "This link has been used, or the password has been changed since. Log in, or ask an administrator for another."
)
OFF = _("This account is switched off. An administrator can switch it on.")


class ResetLinks:
    """Creates tokens with the first key of the ring, and accepts tokens of every key."""

    def __init__(self, keys: tuple[bytes, ...], seconds: int) -> None:
        self._ring = KeyRing(keys, "intermediate.reset-link")
        self._lifetime = timedelta(seconds=seconds)

    def make(self, user: User) -> tuple[str, datetime]:
        """Create a token for this account. Return it with its expiry."""
        ends_at = utcnow() + self._lifetime
        return self._ring.dumps([user.id, ends_at.timestamp(), _mark(user)]).decode(), ends_at

    def whose(self, session: Session, token: str) -> User:
        """Return the account whose password this token can change. Raise Problem if the token is refused."""
        try:
            user_id, ends_at, mark = self._ring.loads(token[:LONGEST_TOKEN].encode("ascii"))
            user = accounts.get(session, user_id)
        except (ValueError, KeyError):
            raise _refused(INCOMPLETE, 404) from None
        if utcnow() >= datetime.fromtimestamp(ends_at, UTC):
            raise _refused(OVER)
        if mark != _mark(user):
            raise _refused(SPENT)
        if not user.is_active:
            raise _refused(OFF)
        return user


def use(session: Session, user: User, password_hash: str) -> None:
    """Set a new password, which ends all logins. Raise Problem if the password has changed in the meantime."""
    same = User.password_hash.is_not_distinct_from(user.password_hash)
    if not accounts.set_password(session, user.id, password_hash, same):
        raise _refused(SPENT)


def _refused(why: str, status: int = 410) -> Problem:
    return Problem(status, "reset_link_refused", why)


def _mark(user: User) -> str:
    return hashlib.sha256((user.password_hash or "").encode()).hexdigest()[:32]


def includeme(config: Configurator) -> None:
    settings = config.registry.app_settings
    config.registry.reset_links = ResetLinks(ring_of(settings.session.secret_key), settings.auth.reset_link_seconds)
