"""The methods of each resource and view, read from the registered views. For 405, `Allow` and OPTIONS."""

from collections.abc import Iterator
from typing import Any

from pyramid.config import Configurator

from intermediate.request import Request


def methods_of(view: Any) -> set[str]:
    methods = view["request_methods"] or "GET"
    return {methods} if isinstance(methods, str) else set(methods)


class MethodTable:
    """The allowed methods by resource, view name and surface."""

    def __init__(self, config: Configurator) -> None:
        self._introspector = config.introspector
        self._table: dict[tuple[Any, str, str | None], set[str]] | None = None

    def views(self) -> Iterator[Any]:
        """Yield Pyramid's introspectable of each view that has a resource and a surface."""
        for item in self._introspector.get_category("views"):
            view = item["introspectable"]
            if isinstance(view.get("context"), type) and view.get("surface"):
                yield view

    def entries(self) -> dict[tuple[Any, str, str | None], set[str]]:
        """Return (resource class, view name, surface) to methods. Built at first use, when all views are committed."""
        if self._table is None:
            table: dict[tuple[Any, str, str | None], set[str]] = {}
            for view in self.views():
                key = (view["context"], view["name"], view["surface"])
                table.setdefault(key, set()).update(methods_of(view))
            self._table = table
        return self._table

    def has(self, resource: type, name: str, surface: str | None) -> bool:
        """Whether a resource has a view of that name."""
        return any((cls, name, surface) in self.entries() for cls in resource.__mro__)

    def allowed(self, request: Request) -> list[str]:
        """Return the methods for `Allow`, or an empty list if no view has this address."""
        context = getattr(request, "context", None)
        name, surface = getattr(request, "view_name", ""), request.surface
        found: set[str] = set()
        for cls in type(context).__mro__:
            found |= self.entries().get((cls, name, surface), set())
        if found:
            found.add("OPTIONS")
        if "GET" in found:
            found.add("HEAD")
        return sorted(found)
