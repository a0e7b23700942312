"""Creating, finding, changing and deleting accounts."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate import ledger, reports, zones
from intermediate.db import write_rows
from intermediate.models import LoginSession, User
from intermediate.plugins.tasks.interface import TaskStore

_IS_ADMIN = and_(User.role == "admin", User.is_active)


class EmailTakenError(Exception):
    """An account with this e-mail exists."""


class UnknownZoneError(Exception):
    """There is no time zone of that name."""


class LastAdminError(Exception):
    """This account is the last active administrator."""


def create(session: Session, email: str, password_hash: str | None, role: str = "user") -> User:
    """Create an account. After EmailTakenError the transaction must be rolled back."""
    values = {"email": email, "password_hash": password_hash, "role": role}
    try:
        return session.scalars(insert(User).values(values).returning(User)).one()
    except IntegrityError as error:
        raise EmailTakenError(email) from error


def find(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def find_or_create(session: Session, email: str) -> User:
    """Return the account of an address that another service has verified. Create it on first use."""
    with suppress(EmailTakenError), session.begin_nested():  # only one of several simultaneous calls creates it
        return find(session, email) or create(session, email, None)
    return session.scalars(select(User).where(User.email == email)).one()


def get(session: Session, user_id: int) -> User:
    """Return an account with its current values, or raise KeyError."""
    user = session.get(User, user_id, populate_existing=True)
    if user is None:
        raise KeyError(user_id)
    return user


def page(session: Session, limit: int, offset: int, address: str = "") -> tuple[list[User], int]:
    """Return a page of the accounts whose address contains a text, newest first, and their total number."""
    rows = select(User).where(User.email.contains(address.lower(), autoescape=True)) if address else select(User)
    total = session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    newest = rows.order_by(User.created_at.desc(), User.id.desc())
    return list(session.scalars(newest.limit(limit).offset(offset))), total


def addresses(session: Session, user_ids: Iterable[int]) -> dict[int, str]:
    """Return the addresses of those of these accounts that exist, by id."""
    rows = select(User.id, User.email).where(User.id.in_(set(user_ids)))
    return {row.id: row.email for row in session.execute(rows)}


def set_email(session: Session, user_id: int, email: str) -> None:
    """Change the address. EmailTakenError leaves the transaction as it was."""
    try:
        with session.begin_nested():
            write_rows(session, _one(user_id).values(email=email))
    except IntegrityError as error:
        raise EmailTakenError(email) from error


def set_password(session: Session, user_id: int, password_hash: str, *only: ColumnElement[bool]) -> bool:
    """Change the password, and end all logins and named tokens. Return False, without a change, unless `only` holds."""
    if not write_rows(session, _one(user_id).where(*only).values(password_hash=password_hash)):
        return False
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    return True


def set_time_zone(session: Session, user_id: int, name: str | None) -> None:
    """Change the time zone, or unset it with None. UnknownZoneError if it is not one of `zones.names()`."""
    if name is not None and name not in zones.names():
        raise UnknownZoneError(name)
    write_rows(session, _one(user_id).values(time_zone=name))


def learn_time_zone(session: Session, user_id: int, name: str) -> None:
    """Set the time zone that a browser reports, if it is a known one and the account has none yet."""
    if name in zones.names():
        unknown = _one(user_id).where(User.time_zone.is_(None))
        write_rows(session, unknown.values(time_zone=name))


def administer(session: Session, user_id: int, changes: dict[str, Any]) -> None:
    """Change an account's role, or deactivate or activate it, or raise LastAdminError.

    Deactivation ends all logins. Named tokens stay, and are refused while the account is inactive.
    """
    if changes.get("role") == "user" or changes.get("is_active") is False:
        keep_an_admin(session, user_id)
    if changes:
        write_rows(session, _one(user_id).values(changes))
    if changes.get("is_active") is False:
        logins = (LoginSession.user_id == user_id, LoginSession.kind != "token")
        session.execute(delete(LoginSession).where(*logins))


def remove(session: Session, tasks: TaskStore, user_id: int, request_id: str) -> None:
    """Delete an account with its tasks, logins and report, and cancel its jobs, or raise LastAdminError.

    The account's row is locked first, and with it those of `keep_an_admin`, in the order of ids: a transaction that
    adds a task has locked it already, for the foreign key, and locks the row of a job or of the account later.
    """
    taken = select(User.id).where(or_(User.id == user_id, _IS_ADMIN)).order_by(User.id)
    session.execute(taken.with_for_update())
    keep_an_admin(session, user_id)
    tasks.purge(owner=user_id)
    ledger.cancel_all(session, user_id)
    reports.forget(session, user_id, request_id)
    write_rows(session, delete(User).where(User.id == user_id))


def keep_an_admin(session: Session, user_id: int) -> None:
    """Raise LastAdminError if there is no other active administrator.

    Locks the rows of all of them until the transaction ends, by a write that changes nothing: if two administrators
    are removed at the same moment, the second transaction sees that the first one is gone. Call it before any other
    write, so that no transaction holds a row for which another waits.
    """
    taken = update(User).where(_IS_ADMIN).values(role=User.role).returning(User.id)
    admins = session.scalars(taken, execution_options={"synchronize_session": False})
    if set(admins) == {user_id}:
        raise LastAdminError(user_id)


def _one(user_id: int) -> Update:
    return update(User).where(User.id == user_id)
