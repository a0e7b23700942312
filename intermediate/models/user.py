"""The tables of accounts and logins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base, UtcDateTime, utcnow


class User(Base):
    """An account. Each change to its tasks increments `tasks_version`, which is part of cache keys and list ETags.

    `time_zone` is an IANA name, or NULL while it is unknown.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'admin')", name="role"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(10), default="user", server_default="user")
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    tasks_version: Mapped[int] = mapped_column(default=0, server_default="0")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class LoginSession(Base):
    """A login: of a browser (`site`) or an API client (`api`), or a named token (`token`).

    A signed cookie or token with its id authenticates a request while the row exists. A refresh ends a row
    (`rotated_at`) and starts another of the same `family`; logging out deletes the family.

    The id of a named token is the token's hash (`intermediate.logins.named_tokens`). Only named tokens have a name, and
    only they may have no expiry. Only browser logins have an `agent` (`intermediate.logins.agents`).
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("kind IN ('site', 'api', 'token')", name="kind"),
        CheckConstraint("(kind = 'token') = (name IS NOT NULL)", name="named"),
        CheckConstraint("kind = 'token' OR expires_at IS NOT NULL", name="ends"),
    )

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str | None] = mapped_column(String(60))
    family: Mapped[str] = mapped_column(String(43), index=True)
    agent: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
