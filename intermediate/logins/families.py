"""An account's logins as its owner sees them: browsers, and API clients that used the token endpoint.

The rows of a family are one login, which each refresh of its tokens continues. Its id is only in signed cookies and
tokens: pages use a digest of it.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, case, delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from intermediate.engines import without_waiting
from intermediate.models import LoginSession
from intermediate.models.base import utcnow

SEEN_EVERY = timedelta(minutes=5)
MOST = 1000  # logins of a kind: some programs log in for each request

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Login:
    family: str
    kind: str
    agent: str | None
    created_at: datetime
    seen_at: datetime

    @property
    def ref(self) -> str:
        """The login's id in forms."""
        return hashlib.sha256(self.family.encode()).hexdigest()[:16]


def listed(session: Session, user_id: int) -> list[Login]:
    """Return the valid logins of an account, the most recently used first."""
    good = case((LoginSession.rotated_at.is_(None) & (LoginSession.expires_at > utcnow()), 1), else_=0)
    seen_at = func.max(LoginSession.seen_at)
    about = (LoginSession.family, LoginSession.kind, func.max(LoginSession.agent))
    rows = (
        select(*about, func.min(LoginSession.created_at), seen_at)
        .where(LoginSession.user_id == user_id, LoginSession.kind != "token")
        .group_by(LoginSession.family, LoginSession.kind)
        .having(func.max(good) == 1)
        .order_by(seen_at.desc(), LoginSession.family)
    )
    return [Login(*row) for row in session.execute(rows)]


def end(session: Session, user_id: int, login: Login) -> None:
    """End a login of an account, of a browser or an API client."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.family == login.family))


def end_others(session: Session, user_id: int, mine: str | None) -> None:
    """End all logins of an account except this one. Named tokens stay."""
    others = (LoginSession.family != mine, LoginSession.kind != "token")
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id, *others))


def end_oldest(session: Session, user_id: int, kind: str) -> None:
    """End the least recently used logins of a kind beyond `MOST`.

    Whole families are deleted, so that the reuse of a refresh token is detected for as long as its login lasts. Two
    concurrent logins do not count each other; the next one counts both.
    """
    own = (LoginSession.user_id == user_id, LoginSession.kind == kind)
    by_use = select(LoginSession.family).where(*own).group_by(LoginSession.family)
    kept = by_use.order_by(func.max(LoginSession.seen_at).desc()).limit(MOST)
    session.execute(delete(LoginSession).where(*own, LoginSession.family.not_in(kept)))


def seen(engine: Engine, row_id: str, seen_at: datetime, *, first: bool) -> None:
    """Record when a login was used: a token's first use, then at most every 5 minutes. Errors are only logged."""
    now = utcnow()
    if not first and now - seen_at < SEEN_EVERY:
        return
    stale = update(LoginSession).where(LoginSession.id == row_id, LoginSession.seen_at == seen_at)
    try:
        with engine.begin() as connection, without_waiting(connection):
            connection.execute(stale.values(seen_at=now))
    except DBAPIError as error:
        log.info("use_not_noted", extra={"error": str(error.orig)[:300]})
