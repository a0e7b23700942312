"""Requests that may be sent twice: the second one, under the same key, gets the first one's answer.

The answer is kept in the transaction of what it tells of, so either both are there or neither. Of two requests at once
the database takes one; the other is rolled back, whatever it has done, and gets the answer of the first.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from intermediate.db import write_rows
from intermediate.models import KeptAnswer


class Key(NamedTuple):
    """Whose it is, and what it says. Keys of two users have nothing in common."""

    user_id: int
    key: str


class Answer(NamedTuple):
    fingerprint: str
    """Of the request. Another one under the same key is a mistake."""
    status: int
    headers: Mapping[str, str]
    body: str


def find(session: Session, key: Key, since: datetime) -> Answer | None:
    """What was answered under a key, if that is not longer ago."""
    columns = (KeptAnswer.fingerprint, KeptAnswer.status, KeptAnswer.headers, KeptAnswer.body)
    row = session.execute(select(*columns).where(*_is(key), KeptAnswer.created_at >= since)).first()
    return Answer(*row) if row else None


def keep(session: Session, key: Key, answer: Answer, since: datetime) -> bool:
    """Write down an answer. False if another request was first: then nothing of this one may be committed."""
    forget(session, since, KeptAnswer.user_id == key.user_id)
    try:
        with session.begin_nested():
            session.execute(insert(KeptAnswer).values({**key._asdict(), **answer._asdict()}))
    except IntegrityError:
        if find(session, key, since) is None:
            raise  # the account is gone
        return False
    return True


def forget(session: Session, since: datetime, *only: Any) -> int:
    """Delete the answers from before a time, and say how many."""
    return write_rows(session, delete(KeptAnswer).where(KeptAnswer.created_at < since, *only))


def _is(key: Key) -> tuple[Any, ...]:
    return KeptAnswer.user_id == key.user_id, KeptAnswer.key == key.key
