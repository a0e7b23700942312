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


class HxPredicate:
    """`hx=True`: HTMX asks for a fragment, and not to restore or boost a whole page."""

    def __init__(self, value: bool, _info: Any) -> None:
        self._value = value

    def text(self) -> str:
        return f"hx = {self._value}"

    phash = text

    def __call__(self, _context: Any, request: Request) -> bool:
        return wants_fragment(request) == self._value


def wants_fragment(request: Request) -> bool:
    headers = request.headers
    return headers.get("HX-Request") == "true" and not (
        headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    )
