"""Idempotency keys: a request that is sent again with the same key gets the response of the first.

The response is stored in the transaction of the changes it reports, so either both exist or neither. Of two concurrent
requests the database accepts one; the other is rolled back completely, and gets the response of the first.
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
    """A user and an idempotency key. Equal keys of two users are independent."""

    user_id: int
    key: str


class Answer(NamedTuple):
    fingerprint: str
    """Of the request. A different one under the same key is an error."""
    status: int
    headers: Mapping[str, str]
    body: str


def find(session: Session, key: Key, since: datetime) -> Answer | None:
    """Return the response stored under a key since a time, or None."""
    columns = (KeptAnswer.fingerprint, KeptAnswer.status, KeptAnswer.headers, KeptAnswer.body)
    row = session.execute(select(*columns).where(*_is(key), KeptAnswer.created_at >= since)).first()
    return Answer(*row) if row else None


def keep(session: Session, key: Key, answer: Answer, since: datetime) -> bool:
    """Store a response. Return False if another request was first: then nothing of this one may be committed."""
    forget(session, since, KeptAnswer.user_id == key.user_id)
    try:
        with session.begin_nested():
            session.execute(insert(KeptAnswer).values({**key._asdict(), **answer._asdict()}))
    except IntegrityError:
        if find(session, key, since) is None:
            raise  # the account was deleted
        return False
    return True


def forget(session: Session, since: datetime, *only: Any) -> int:
    """Delete the responses stored before a time, and return their number."""
    return write_rows(session, delete(KeptAnswer).where(KeptAnswer.created_at < since, *only))


def _is(key: Key) -> tuple[Any, ...]:
    return KeptAnswer.user_id == key.user_id, KeptAnswer.key == key.key
