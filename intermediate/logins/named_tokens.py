"""Named tokens: what programs use the API with, made by an account on its own page.

A token is random and told once. Its row's id is its hash, so whoever reads the database cannot use what is there; a
quick hash is enough, since nobody guesses 256 random bits.
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

PREFIX = "imt_"  # tells a token of ours to whoever finds one, such as a scanner for secrets
MOST = 20
TOO_MANY = _("An account can have at most ${most} tokens. Revoke one that you no longer need.", mapping={"most": MOST})


class RefusedError(Exception):
    """A token cannot be made. The message is for the account's owner."""


def session_id(token: str) -> str | None:
    """The id of the session that a named token stands for; None if it is another kind of token."""
    if not token.startswith(PREFIX) or not token.isascii():
        return None
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def make(session: Session, user_id: int, name: str, lifetime: timedelta | None) -> str:
    """A new token, which is told nowhere else. RefusedError if the name is taken, or there are too many."""
    # Takes the account's row, so that requests at the same moment are counted one after the other.
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
    """The tokens of an account, the newest first, those that have expired included."""
    own = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.kind == "token")
    return session.scalars(own.order_by(LoginSession.created_at.desc(), LoginSession.id)).all()


def revoke(session: Session, user_id: int, row_id: str) -> str | None:
    """End a token of this account for good. Its name, or None if there is none."""
    own = (LoginSession.user_id == user_id, LoginSession.kind == "token", LoginSession.id == row_id)
    return session.scalar(delete(LoginSession).where(*own).returning(LoginSession.name))
