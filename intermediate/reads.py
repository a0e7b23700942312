"""The reads that are cached: a page of tasks and the statistics, for the site and the API alike, and the site's counts.

A key holds the owner's version, which every write to the owner's tasks raises. So nothing is ever deleted, and a cache
that was away, was flushed, or lives in another process cannot give an old answer. It also holds when the account was
made: where a cache has seen another database, that one's account with this id is somebody else.

The ETag of an answer is made of its key, so a client that has the newest one costs neither cache nor database.
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
    """A page of somebody's tasks, whose `tag` is known before it is read. A cursor says where it begins.

    The tag is weak: what was written between reading the version and the page is in the page already.
    """

    def __init__(self, request: Request, who: Identity, query: TaskQuery, cursor: Cursor | None = None) -> None:
        self._request, self._who, self._query, self._cursor = request, who, query, cursor
        self._key = _key(who, _digest_of(query, cursor))
        self.tag = f'W/"{_digest(self._key)}"'

    def read(self) -> bytes:
        """The JSON that the API answers."""
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
        """The tasks of the page, how many there are in all, and how many came before. With a cursor, which knows the
        counts, one task more, by which is seen that the page is not the last."""
        tasks, owner, query, cursor = self._request.tasks, self._who.user_id, self._query, self._cursor
        if cursor is None:
            page = tasks.page(owner, query)
            return page.items, page.total or 0, query.offset
        page = tasks.page(owner, replace(query, after=cursor.position, limit=query.limit + 1))
        return page.items, cursor.total, cursor.seen


def stats_tag(request: Request, who: Identity) -> str:
    """The ETag of the statistics: for as long as an entry of the cache, since nobody writes when a task gets late."""
    period = int(time.time() / request.registry.app_settings.cache.ttl_seconds)
    return f'W/"{_digest(_key(who, STATS))}.{period:x}"'


def read_cursor(request: Request, who: Identity, query: TaskQuery, text: str) -> Cursor:
    """A cursor that a page of this query gave this caller, or 422."""
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
    """What a page says beside its items, from its bytes: it stands behind them, where text has its quotes escaped."""
    return from_json(b"{" + page[page.rindex(b'"total":') :])


def tasks_stats(request: Request, who: Identity) -> bytes:
    """The caller's statistics. They know the hour: an entry is at most `cache.ttl_seconds` behind in what is late."""
    key = _key(who, STATS)
    return _read(request, key, lambda: dump(stats_document(request.tasks.stats(who.user_id, utcnow()))))


def tasks_overview(request: Request, who: Identity, days: Days) -> bytes:
    """What is beside the site's list. Like the statistics it is a little behind the clock, and also behind the hourly
    emptying of the trash, which raises nobody's version."""
    key = _key(who, _digest_of("overview", days.zone.key, days.today))
    return _read(request, key, lambda: dump(overview(request.tasks, who.user_id, days)))


def dump(document: Any) -> bytes:
    """JSON as the API sends it."""
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
    """Most pages are asked for with few queries."""
    return _digest(repr(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
