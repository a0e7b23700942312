"""The `Link` header of lists (RFC 8288)."""

from urllib.parse import urlencode

from intermediate.request import Request


def page_links(request: Request, total: int, limit: int, offset: int) -> str:
    """Where the first, previous, next and last page of this list are.

    The references are relative, so no `Host` that a client made up gets into them.
    """
    last = max(0, total - 1) // limit * limit
    starts = {"first": 0}
    if offset > 0:
        starts["prev"] = max(0, min(offset - limit, last))
    if offset + limit < total:
        starts["next"] = offset + limit
    starts["last"] = last
    kept = urlencode([(name, value) for name, value in request.GET.items() if name not in ("limit", "offset")])
    page = f"{request.path}?{kept}{'&' if kept else ''}limit={limit}&offset="
    return ", ".join(f'<{page}{start}>; rel="{rel}"' for rel, start in starts.items())
