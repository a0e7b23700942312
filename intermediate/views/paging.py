"""The `Link` header of lists (RFC 8288). Its references are relative, so that they contain no forged `Host`."""

from functools import lru_cache
from urllib.parse import urlencode

from webob.request import BaseRequest

from intermediate.request import Request

OURS = ("limit", "offset", "cursor")
Pages = dict[str, dict[str, object]]


def page_links(request: Request, total: int, limit: int, offset: int) -> str:
    """Return links to the first, previous, next and last page of a list."""
    return _page_links(*_asked(request), total, limit, offset)


@lru_cache(256)
def _page_links(script_name: str, path_info: str, query_string: str, total: int, limit: int, offset: int) -> str:
    last = max(0, total - 1) // limit * limit
    starts = {"first": 0}
    if offset > 0:
        starts["prev"] = max(0, min(offset - limit, last))
    if offset + limit < total:
        starts["next"] = offset + limit
    starts["last"] = last
    pages: Pages = {rel: {"limit": limit, "offset": start} for rel, start in starts.items()}
    return _links(_start(script_name, path_info, query_string), pages)


def cursor_links(request: Request, limit: int, next_cursor: str | None) -> str:
    """Return links to the first and the next page. With a cursor, the previous and last page are not known."""
    pages: Pages = {"first": {"limit": limit}}
    if next_cursor:
        pages["next"] = {"limit": limit, "cursor": next_cursor}
    return _links(_start(*_asked(request)), pages)


def _asked(request: Request) -> tuple[str, str, str]:
    environ = request.environ
    return environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")


def _links(start: str, pages: Pages) -> str:
    # Numbers, and cursors in URL-safe base64, need no escaping.
    queries = {rel: "&".join(f"{name}={value}" for name, value in page.items()) for rel, page in pages.items()}
    return ", ".join(f'{start}{query}>; rel="{rel}"' for rel, query in queries.items())


@lru_cache(256)
def _start(script_name: str, path_info: str, query_string: str) -> str:
    """Return the common start of all links: the path and the query without the paging parameters."""
    asked = BaseRequest({"SCRIPT_NAME": script_name, "PATH_INFO": path_info, "QUERY_STRING": query_string})
    kept = urlencode([(name, value) for name, value in asked.GET.items() if name not in OURS])
    return f"<{asked.path}?{kept}&" if kept else f"<{asked.path}?"
