"""Accounts: making and finding them."""

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate.models import LoginSession, User


class EmailTakenError(Exception):
    """An account with this e-mail exists."""


def create(session: Session, email: str, password_hash: str | None, role: str = "user") -> User:
    """Make an account, or EmailTakenError, after which the transaction must be rolled back."""
    values = {"email": email, "password_hash": password_hash, "role": role}
    try:
        return session.scalars(insert(User).values(values).returning(User)).one()
    except IntegrityError as error:
        raise EmailTakenError(email) from error


def exists(session: Session, user_id: int) -> bool:
    return session.get(User, user_id) is not None


def find(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def set_password(session: Session, user_id: int, password_hash: str) -> None:
    """Another password, which ends all logins of the account."""
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
