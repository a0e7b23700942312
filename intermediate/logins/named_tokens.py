"""Named tokens: API tokens for programs, created by users on their account page.

A token is random and shown once. Its row's id is its hash, so that tokens cannot be read from the database. A fast hash
is enough, since 256 random bits cannot be guessed.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from intermediate.i18n import _
from intermediate.models import LoginSession, User
from intermediate.models.base import utcnow

PREFIX = "imt_"  # identifies our tokens, for example to secret scanners
MOST = 20
TOO_MANY = _("An account can have at most ${most} tokens. Revoke one that you no longer need.", mapping={"most": MOST})


class RefusedError(Exception):
    """A token cannot be created. The message is for the account's owner."""


def session_id(token: str) -> str | None:
    """Return the id of a named token's session row, or None if it is another kind of token."""
    if not token.startswith(PREFIX) or not token.isascii():
        return None
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def make(session: Session, user_id: int, name: str, lifetime: timedelta | None) -> str:
    """Create a token and return it; only its hash is stored. RefusedError for a taken name or too many tokens."""
    # Locks the account's row, so that concurrent requests cannot exceed the maximum.
    session.execute(update(User).where(User.id == user_id).values(tasks_version=User.tasks_version))
    names = [row.name for row in listed(session, user_id)]
    if name in names:
        raise RefusedError(_("A token with this name exists. Choose another name, or revoke that one first."))
    if len(names) >= MOST:
        raise RefusedError(TOO_MANY)
    token = PREFIX + secrets.token_urlsafe(32)
    now, row_id = utcnow(), session_id(token)
    values = {"id": row_id, "user_id": user_id, "kind": "token", "name": name, "family": row_id}
    times = {"created_at": now, "seen_at": now, "expires_at": now + lifetime if lifetime else None}
    session.execute(insert(LoginSession).values(**values, **times))
    return token


def listed(session: Session, user_id: int) -> Sequence[LoginSession]:
    """Return the tokens of an account, newest first, including expired ones."""
    own = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.kind == "token")
    return session.scalars(own.order_by(LoginSession.created_at.desc(), LoginSession.id)).all()


def revoke(session: Session, user_id: int, row_id: str) -> str | None:
    """Delete a token of this account. Return its name, or None if there is no such token."""
    own = (LoginSession.user_id == user_id, LoginSession.kind == "token", LoginSession.id == row_id)
    return session.scalar(delete(LoginSession).where(*own).returning(LoginSession.name))
