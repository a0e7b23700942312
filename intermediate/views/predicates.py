"""View predicates besides Pyramid's own."""

from typing import Any

from intermediate.request import Request


class SurfacePredicate:
    """`surface="site"` or `surface="api"`: the part of the tree that traversal found the resource in."""

    def __init__(self, value: str, _info: Any) -> None:
        self._value = value

    def text(self) -> str:
        return f"surface = {self._value}"

    phash = text

    def __call__(self, _context: Any, request: Request) -> bool:
        return request.surface == self._value


def wants_fragment(request: Request) -> bool:
    """Whether HTMX requests a fragment, rather than a whole page to boost or restore."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and not (
        headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    )
