"""The two reads that are cached, for the site and the API alike: a page of tasks, and the statistics.

A key holds the owner's version, which every write to the owner's tasks raises. So nothing is ever deleted, and a cache
that was away, was flushed, or lives in another process cannot give an old answer. It also holds when the account was
made: where a cache has seen another database, that one's account with this id is somebody else.

The ETag of an answer is made of its key, so a client that has the newest one costs neither cache nor database.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from intermediate.models.base import utcnow
from intermediate.plugins.cache.interface import Verdict
from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.request import Request
from intermediate.schemas.tasks import stats_document, task_document
from intermediate.security import Identity

log = logging.getLogger(__name__)


def tasks_page(request: Request, who: Identity, query: TaskQuery) -> tuple[bytes, Verdict]:
    """A page of the caller's tasks, as the bytes of the JSON that the API answers."""

    def create() -> bytes:
        page = request.tasks.page(who.user_id, query)
        items = [task_document(task) for task in page.items]
        return dump({"items": items, "total": page.total, "limit": query.limit, "offset": query.offset})

    return _read(request, who, repr(query), create)


def page_tag(who: Identity, query: TaskQuery) -> str:
    """The ETag of a page. Weak: what was written between reading the version and the page is in the page already."""
    return f'W/"{_digest(_key(who, repr(query)))}"'


def stats_tag(request: Request, who: Identity) -> str:
    """The ETag of the statistics: for as long as an entry of the cache, since nobody writes when a task gets late."""
    period = int(time.time() / request.registry.app_settings.cache.ttl_seconds)
    return f'W/"{_digest(_key(who, "stats"))}.{period:x}"'


def total_of(page: bytes) -> int:
    """How many tasks there are, from the bytes of a page: behind the items, where text has its quotes escaped."""
    return int(page[page.rindex(b'"total":') + len(b'"total":') :].partition(b",")[0])


def tasks_stats(request: Request, who: Identity) -> tuple[bytes, Verdict]:
    """The caller's statistics. They know the hour: an entry is at most `cache.ttl_seconds` behind in what is late."""
    return _read(request, who, "stats", lambda: dump(stats_document(request.tasks.stats(who.user_id, utcnow()))))


def dump(document: Any) -> bytes:
    """JSON as the API sends it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _read(request: Request, who: Identity, what: str, create: Callable[[], bytes]) -> tuple[bytes, Verdict]:
    key = _key(who, what)
    value, verdict = request.cache.get_or_create(key, create, request.registry.app_settings.cache.ttl_seconds)
    log.info("cache %s", verdict, extra={"key": key})
    request.response.headers["X-Cache"] = verdict
    return value, verdict


def _key(who: Identity, what: str) -> str:
    return f"tasks:{who.user_id}:{who.created_at:%Y%m%d%H%M%S%f}:{who.tasks_version}:{_digest(what)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
