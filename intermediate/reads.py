"""Cached reads: a page of tasks and the statistics, for the site and the API, and the site's counts.

A key contains the owner's version, which every write to the owner's tasks increases. So no entry is ever deleted, and
a cache that was unavailable or flushed, or is in another process, cannot return stale data. The key also contains the
account's creation time: a cache that was used with another database has entries of another account with this id.

The ETag of a response is derived from its key, so a client that has the current one causes no read of cache or tasks.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from intermediate import cursors
from intermediate.cursors import Cursor, CursorError
from intermediate.i18n import _
from intermediate.models.base import EPOCH, MICROSECOND, utcnow
from intermediate.overview import Days, overview
from intermediate.plugins.tasks.interface import Position, Task, TaskQuery
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.schemas.tasks import stats_document
from intermediate.security import Identity
from intermediate.settings import ring_of

log = logging.getLogger(__name__)
STATS = "stats"


class TasksPage:
    """A page of a user's tasks, from a cursor on if there is one. Its ETag `tag` is known before it is read.

    The tag is weak: the page already contains what was written between reading the version and the page.
    """

    def __init__(self, request: Request, who: Identity, query: TaskQuery, cursor: Cursor | None = None) -> None:
        self._request, self._who, self._query, self._cursor = request, who, query, cursor
        self._key = _key(who, _digest_of(query, cursor))
        self.tag = f'W/"{_digest(self._key)}"'

    def read(self) -> bytes:
        """Return the page as the API's JSON."""
        return _read(self._request, self._key, self._create)

    def _create(self) -> bytes:
        who, query = self._who, self._query
        page, total, seen = self._ask()
        items, last = page[: query.limit], seen + min(len(page), query.limit)
        more = len(page) > query.limit if self._cursor else len(page) > 0 and last < total
        following = Cursor(Position.behind(items[-1], query.sort), last, total) if more else None
        return dump(
            {
                "items": [task._asdict() for task in items],
                "total": total,
                "limit": query.limit,
                "offset": seen,
                "next_cursor": following and cursors.encode(following, who.user_id, query, _keys(self._request)),
            }
        )

    def _ask(self) -> tuple[Sequence[Task], int, int]:
        """Return the tasks of the page, the total number of tasks, and the number of those before the page.

        A cursor has both numbers. With it one more task is read, to tell whether the page is the last.
        """
        tasks, owner, query, cursor = self._request.tasks, self._who.user_id, self._query, self._cursor
        if cursor is None:
            page = tasks.page(owner, query)
            return page.items, page.total or 0, query.offset
        page = tasks.page(owner, replace(query, after=cursor.position, limit=query.limit + 1))
        return page.items, cursor.total, cursor.seen


def stats_tag(request: Request, who: Identity) -> str:
    """Return the ETag of the statistics, valid as long as a cache entry: a task becomes overdue without a write."""
    period = int(time.time() / request.registry.app_settings.cache.ttl_seconds)
    return f'W/"{_digest(_key(who, STATS))}.{period:x}"'


def read_cursor(request: Request, who: Identity, query: TaskQuery, text: str) -> Cursor:
    """Return the cursor that a page of this query gave this caller. Any other is Problem 422."""
    try:
        return cursors.decode(text, who.user_id, query, _keys(request))
    except CursorError:
        detail = _("This cursor does not belong to this list. Start again without it, and keep the other parameters.")
        errors = [
            {"loc": ["query", "cursor"], "msg": "This cursor does not belong to this list", "type": "invalid_cursor"}
        ]
        raise Problem(422, "invalid_cursor", detail, errors=errors) from None


def _keys(request: Request) -> tuple[bytes, ...]:
    return ring_of(request.registry.app_settings.jwt.secret_key)


def counts_of(page: bytes) -> dict[str, Any]:
    """Return the fields of a page after its items, without parsing these: in their text all quotes are escaped."""
    return from_json(b"{" + page[page.rindex(b'"total":') :])


def tasks_stats(request: Request, who: Identity) -> bytes:
    """Return the caller's statistics. They depend on the time: what is overdue may be `cache.ttl_seconds` old."""
    key = _key(who, STATS)
    return _read(request, key, lambda: dump(stats_document(request.tasks.stats(who.user_id, utcnow()))))


def tasks_overview(request: Request, who: Identity, days: Days) -> bytes:
    """Return the counts beside the site's list of tasks.

    Like the statistics they may be `cache.ttl_seconds` old, also after the hourly purge of the trash, which increases
    no version.
    """
    key = _key(who, _digest_of("overview", days.zone.key, days.today))
    return _read(request, key, lambda: dump(overview(request.tasks, who.user_id, days)))


def dump(document: Any) -> bytes:
    """Return JSON as the API sends it."""
    return to_json(document)


def _read(request: Request, key: str, create: Callable[[], bytes]) -> bytes:
    value, verdict = request.cache.get_or_create(key, create, request.registry.app_settings.cache.ttl_seconds)
    request.registry.metrics.read(verdict)
    log.info("cache %s", verdict, extra={"key": key})
    request.response.headers["X-Cache"] = verdict
    return value


def _key(who: Identity, what: str) -> str:
    return f"tasks:{who.user_id}:{(who.created_at - EPOCH) // MICROSECOND:x}:{who.tasks_version}:{what}"


@lru_cache(1024)
def _digest_of(*parts: object) -> str:
    """Return a digest, cached because most requests use one of few queries."""
    return _digest(repr(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
