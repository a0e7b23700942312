"""Authentication and authorization: the security policy, permissions and ACLs.

The site reads its signed cookie and the API its bearer token; neither accepts the other's. Both name a row of
`sessions`, and one query over `sessions` and `users` finds the user. Deleting the row ends the login everywhere.
If the auth backend has no passwords, the site has no logins: each request proves an e-mail address by itself, and one
query over `users` finds its account.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pyramid.authorization import ACLHelper, Allow, Authenticated, Deny, Everyone
from pyramid.config import Configurator
from pyramid.request import RequestLocalCache
from sqlalchemy import Engine, Select, bindparam, literal_column, or_, select
from sqlalchemy.orm import Session

from intermediate import accounts
from intermediate.logins import families, named_tokens, sessions
from intermediate.logins.tokens import TokenCodec, bearer_token
from intermediate.lookup import Lookup
from intermediate.models import LoginSession, User
from intermediate.models.base import utcnow
from intermediate.plugins.base import Capability
from intermediate.request import Request

Acl = Sequence[tuple[Any, ...]]


class Permission(StrEnum):
    VIEW = "view"
    """Read a resource."""
    EDIT = "edit"
    """Change a resource, or create something in it."""
    ADMIN = "admin"
    """Administer the application: other users' accounts and jobs."""


EVERYTHING = tuple(Permission)
DENY = (Deny, Everyone, EVERYTHING)
ADMINS = (Allow, "role:admin", EVERYTHING)
PUBLIC: Acl = ((Allow, Everyone, (Permission.VIEW, Permission.EDIT)), DENY)
SIGNED_IN: Acl = ((Allow, Authenticated, (Permission.VIEW, Permission.EDIT)), DENY)
ADMIN_ONLY: Acl = (ADMINS, DENY)


def owned_by(owner_id: int, *more: tuple[Any, ...]) -> Acl:
    """Return an ACL that allows the owner to view and edit, adds the entries `more`, and denies everything else."""
    return ((Allow, f"user:{owner_id}", (Permission.VIEW, Permission.EDIT)), *more, DENY)


class Identity(NamedTuple):
    """The caller, from the current rows of the session and the user. Only a login has a session."""

    user_id: int
    email: str
    role: str
    created_at: datetime
    tasks_version: int
    time_zone: str | None
    session_id: str | None = None
    family: str | None = None

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the identity of a user whom a request is about, not the caller."""
        return cls(user.id, user.email, user.role, user.created_at, user.tasks_version, user.time_zone)

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


users: Any = User.__table__
login_rows: Any = LoginSession.__table__
_USER = (users.c.id, users.c.email, users.c.role, users.c.created_at, users.c.tasks_version, users.c.time_zone)
_LOGIN = (login_rows.c.id.label("session_id"), login_rows.c.family)
_TIMES = (login_rows.c.created_at.label("made_at"), login_rows.c.seen_at, login_rows.c.expires_at)


_WHOSE = select(*_USER, users.c.is_active).where(users.c.email == bindparam("email"))


def who(*kinds: str) -> Select[Any]:
    """Return the query that each request runs: the user of a session that is of one of these kinds."""
    return (
        select(*_USER, *_LOGIN, *_TIMES, login_rows.c.kind)
        .join(login_rows, login_rows.c.user_id == users.c.id)
        .where(users.c.is_active, login_rows.c.rotated_at.is_(None), login_rows.c.id == bindparam("session"))
        .where(or_(*(login_rows.c.kind == literal_column(f"'{kind}'") for kind in kinds)))
    )


class SecurityPolicy:
    """Pyramid's security policy for both surfaces."""

    def __init__(self, codec: TokenCodec, engine: Engine) -> None:
        self.codec = codec
        self._engine = engine
        self._who = {
            "site": Lookup(engine, who("site"), "session"),
            "api": Lookup(engine, who("api", "token"), "session"),
        }
        self._whose = Lookup(engine, _WHOSE, "email")
        self._acl = ACLHelper()
        self._identities = RequestLocalCache(self._load)

    def _load(self, request: Request) -> Identity | None:
        if request.surface == "site" and Capability.PASSWORDS not in request.auth.capabilities:
            return self._proven(request)
        session_id = self._session_id(request)
        if session_id is None:
            return None
        # Outside the request's transaction: a response from the cache then needs none.
        row = self._who[str(request.surface)](session_id)
        if row is None:
            return None
        identity, (made_at, seen_at, expires_at, kind) = row[: len(_USER + _LOGIN)], row[len(_USER + _LOGIN) :]
        if expires_at and expires_at <= utcnow():
            return None
        families.seen(self._engine, session_id, seen_at, first=kind == "token" and seen_at == made_at)
        return Identity(*identity)

    def _session_id(self, request: Request) -> str | None:
        if request.surface == "site":
            found = request.session.get("sid")
            return found if isinstance(found, str) else None
        token = bearer_token(request)
        if not token:
            return None
        if named := named_tokens.session_id(token):
            return named
        claims = self.codec.decode(token, "access")
        return claims["sid"] if claims else None

    def _proven(self, request: Request) -> Identity | None:
        """Return the user whose address the request proves. The account is created when its address is first seen."""
        email = request.auth.identify(request)
        if email is None:
            return None
        row = self._whose(email) or self._first_seen(email)
        if row is None:
            return None
        *identity, is_active = row
        if not is_active:
            return None
        sessions.belong_to(request, identity[0])
        return Identity(*identity)

    def _first_seen(self, email: str) -> list[Any] | None:
        """Create the account in its own transaction, and return its row. Of concurrent requests, one creates it."""
        with Session(self._engine) as session, session.begin():
            accounts.find_or_create(session, email)
        return self._whose(email)

    def identity(self, request: Request) -> Identity | None:
        # Before traversal it is unknown which credentials count, so that result must not be cached.
        return self._identities.get_or_create(request) if request.surface else None

    def identity_now(self, request: Request) -> Identity | None:
        """Return the caller from the current rows, not from the cache: for a response that outlasts its request."""
        return self._load(request)

    def authenticated_userid(self, request: Request) -> int | None:
        identity = self.identity(request)
        return identity.user_id if identity else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        principals = [Everyone]
        if identity := self.identity(request):
            principals += [Authenticated, f"user:{identity.user_id}", f"role:{identity.role}"]
        return self._acl.permits(context, principals, permission)

    def remember(self, request: Request, userid: int, **_: Any) -> list[tuple[str, str]]:
        self._identities.clear(request)
        return []

    def forget(self, request: Request, **_: Any) -> list[tuple[str, str]]:
        self._identities.clear(request)
        return []


def includeme(config: Configurator) -> None:
    codec = TokenCodec.from_settings(config.registry.app_settings.jwt)
    config.registry.tokens = codec
    policy = config.registry.security_policy = SecurityPolicy(codec, config.registry.engine)
    config.set_security_policy(policy)
    config.set_default_permission(Permission.VIEW)
