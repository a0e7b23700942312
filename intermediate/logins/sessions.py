"""Logins: the table `sessions`, the site's signed cookie, and the API's pair of tokens."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.session import BaseCookieSessionFactory, JSONSerializer
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from webob.cookies import SignedSerializer

from intermediate.db import write_rows
from intermediate.logins import agents, families
from intermediate.models import LoginSession
from intermediate.models.base import utcnow
from intermediate.request import Request
from intermediate.settings import ring_of

REISSUE_SECONDS = 300


class KeyRing:
    """Signs with the first key, and accepts signatures of every key. The salt separates purposes."""

    def __init__(self, keys: tuple[bytes, ...], salt: str) -> None:
        self._serializers = [SignedSerializer(key, salt, "sha512", serializer=JSONSerializer()) for key in keys]

    def dumps(self, value: Any) -> bytes:
        return self._serializers[0].dumps(value)

    def loads(self, value: bytes) -> Any:
        for serializer in self._serializers:
            try:
                return serializer.loads(value)
            except ValueError:
                continue
        raise ValueError("signed with no key of the ring")


def sign_in(request: Request, user_id: int) -> None:
    """Start a browser session. The cookie is emptied first, its CSRF token included, against session fixation."""
    session_id = _start(request, user_id, "site", request.registry.app_settings.session.lifetime_seconds)
    request.session.invalidate()
    request.session["sid"] = session_id


def sign_out(request: Request) -> None:
    """End the login of this request, and on the site also its cookie session."""
    if request.identity and request.identity.family:
        end_family(request, request.identity.family)
    if request.surface == "site":
        request.session.invalidate()


def belong_to(request: Request, user_id: int) -> None:
    """Bind the cookie session to an account, for auth backends without a login. Invalidate it if it was another's.

    So its messages and its CSRF token always belong to the account that the request proves.
    """
    if request.session.get("uid") != user_id:
        request.session.invalidate()
        request.session["uid"] = user_id


def start_tokens(request: Request, user_id: int, family: str | None = None) -> dict[str, Any]:
    """Start an API session. Return the token endpoint's response (RFC 6749, section 5.1)."""
    codec = request.registry.tokens
    session_id = _start(request, user_id, "api", codec.lifetimes["refresh"], family)
    return {
        "access_token": codec.encode(user_id, session_id, "access"),
        "token_type": "bearer",
        "expires_in": codec.lifetimes["access"],
        "refresh_token": codec.encode(user_id, session_id, "refresh"),
    }


def refresh_tokens(request: Request, token: str) -> dict[str, Any] | None:
    """Exchange a refresh token, which can be used once, for a new pair. A second use ends its whole family."""
    claims = request.registry.tokens.decode(token, "refresh")
    if claims is None:
        return None
    good = (LoginSession.kind == "api", LoginSession.expires_at > utcnow())
    row = request.db.scalar(select(LoginSession).where(LoginSession.id == claims["sid"], *good))
    if row is None:
        return None
    spent = update(LoginSession).where(LoginSession.id == row.id, LoginSession.rotated_at.is_(None))
    if write_rows(request.db, spent.values(rotated_at=utcnow())):
        return start_tokens(request, row.user_id, row.family)
    end_family(request, row.family)
    request.keep = True
    return None


def end_family(request: Request, family: str) -> None:
    request.db.execute(delete(LoginSession).where(LoginSession.family == family))


def forget_expired(session: Session, now: datetime, *only: Any) -> int:
    """Delete expired logins, and return how many.

    Expired named tokens stay listed, so that their owner sees why a program is refused.
    """
    rows = delete(LoginSession).where(LoginSession.expires_at <= now, LoginSession.kind != "token", *only)
    return write_rows(session, rows)


def _start(request: Request, user_id: int, kind: str, seconds: int, family: str | None = None) -> str:
    session_id = secrets.token_urlsafe(32)
    now = utcnow()
    forget_expired(request.db, now, LoginSession.user_id == user_id)
    request.db.execute(
        insert(LoginSession).values(
            id=session_id,
            user_id=user_id,
            kind=kind,
            family=family or session_id,
            agent=agents.named(request.user_agent) if kind == "site" else None,
            expires_at=now + timedelta(seconds=seconds),
        )
    )
    if family is None:
        families.end_oldest(request.db, user_id, kind)
    return session_id


def includeme(config: Configurator) -> None:
    settings = config.registry.app_settings.session
    config.set_session_factory(
        BaseCookieSessionFactory(
            KeyRing(ring_of(settings.secret_key), "intermediate.session"),
            cookie_name="__Host-session" if settings.secure_cookie else "session",
            secure=settings.secure_cookie,
            httponly=True,
            samesite="Lax",
            timeout=settings.idle_seconds,
            reissue_time=REISSUE_SECONDS,
        )
    )
