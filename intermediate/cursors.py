"""Cursors: the position of the next page of a list, as text that is valid for this list only.

A cursor contains the last task's sort value and id, so the next page is found by an index and not by counting. It also
contains what counting would tell: the total number of tasks when the first page was read, and the number of those
already returned. It is signed together with its owner and its query, by the key ring of the API's tokens.
"""

import base64
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from intermediate.plugins.tasks.interface import Position, TaskQuery

LONGEST = 2000
SIGNATURE_BYTES = 16
_MOMENTS = ("created_at", "updated_at", "due_at")


class CursorError(ValueError):
    """The text is not a cursor of this list."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position where a page begins, the number of tasks before it, and the total number."""

    position: Position
    seen: int
    total: int


def encode(cursor: Cursor, owner: int, query: TaskQuery, keys: tuple[bytes, ...]) -> str:
    """Return the cursor as text, signed with the first key."""
    value = cursor.position.value
    plain = value.isoformat() if isinstance(value, datetime) else value
    document = json.dumps([plain, cursor.position.task_id, cursor.seen, cursor.total], ensure_ascii=False)
    body = _base64(document.encode())
    return f"{body}.{_signature(body, owner, query, keys[0])}"


def decode(text: str, owner: int, query: TaskQuery, keys: tuple[bytes, ...]) -> Cursor:
    """Return the cursor that `encode` made for this owner and query with any of the keys, or raise CursorError."""
    body, _, signature = text.rpartition(".")
    signed = len(text) <= LONGEST and any(
        hmac.compare_digest(signature.encode(), _signature(body, owner, query, key).encode()) for key in keys
    )
    if not signed:
        raise CursorError(text[:20])
    value, task_id, seen, total = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if value is not None and query.sort.removeprefix("-") in _MOMENTS:
        value = datetime.fromisoformat(value)
    return Cursor(Position(value, task_id), seen, total)


def _signature(body: str, owner: int, query: TaskQuery, key: bytes) -> str:
    words = f"cursor {body} {owner} {_list_of(query)}"
    return _base64(hmac.digest(key, words.encode(), "sha256")[:SIGNATURE_BYTES])


@lru_cache(128)
def _list_of(query: TaskQuery) -> str:
    """Return the query without its page: pages of one list may have different sizes, but nothing else may differ."""
    return repr(replace(query, limit=0, offset=0, after=None))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
