"""What views may be chosen by, besides Pyramid's own predicates."""

from typing import Any

from intermediate.request import Request


class SurfacePredicate:
    """`surface="site"` or `surface="api"`: where traversal went."""

    def __init__(self, value: str, _info: Any) -> None:
        self._value = value

    def text(self) -> str:
        return f"surface = {self._value}"

    phash = text

    def __call__(self, _context: Any, request: Request) -> bool:
        return request.surface == self._value


def wants_fragment(request: Request) -> bool:
    """HTMX asks for a part of a page, and not to restore or boost a whole one."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and not (
        headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    )
