"""The `Link` header of lists (RFC 8288). Its references are relative, so no `Host` that a client made up is in them."""

from functools import lru_cache
from urllib.parse import urlencode

from webob.request import BaseRequest as Asked

from intermediate.request import Request

OURS = ("limit", "offset", "cursor")


def page_links(request: Request, total: int, limit: int, offset: int) -> str:
    """Where the first, previous, next and last page of this list are."""
    last = max(0, total - 1) // limit * limit
    starts = {"first": 0}
    if offset > 0:
        starts["prev"] = max(0, min(offset - limit, last))
    if offset + limit < total:
        starts["next"] = offset + limit
    starts["last"] = last
    return _links(request, {rel: {"limit": limit, "offset": start} for rel, start in starts.items()})


def cursor_links(request: Request, limit: int, next_cursor: str | None) -> str:
    """Where the first and the next page are. What lies before a cursor, and how far the end is, nobody counts."""
    following = {"next": {"limit": limit, "cursor": next_cursor}} if next_cursor else {}
    return _links(request, {"first": {"limit": limit}, **following})


def _links(request: Request, pages: dict[str, dict[str, object]]) -> str:
    start = _start(*(request.environ.get(name, "") for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")))
    # Numbers, and cursors, which are in base64 for URLs: nothing of them needs to be escaped.
    queries = {rel: "&".join(f"{name}={value}" for name, value in page.items()) for rel, page in pages.items()}
    return ", ".join(f'{start}{query}>; rel="{rel}"' for rel, query in queries.items())


@lru_cache(256)
def _start(script_name: str, path_info: str, query_string: str) -> str:
    """How the address of each page begins: with what the list was asked by, besides which page of it."""
    asked = Asked({"SCRIPT_NAME": script_name, "PATH_INFO": path_info, "QUERY_STRING": query_string})
    kept = urlencode([(name, value) for name, value in asked.GET.items() if name not in OURS])
    return f"<{asked.path}?{kept}&" if kept else f"<{asked.path}?"
