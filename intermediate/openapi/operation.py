"""What a view of the API says of itself: `@view_config(..., operation=Operation("list_tasks", ...))`.

What holds for every operation is not said again: that a token is wanted, that a body may be malformed, that the
database may be away. `intermediate.openapi.document` adds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pyramid.config import Configurator
from pyramid.response import Response

from intermediate.request import Request
from intermediate.schemas.base import Schema
from intermediate.schemas.reading import read_query

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """One kind of success: what it means, what its body is, and which headers it has besides those of every answer."""

    description: str
    body: Any = None
    """A model or a TypedDict, sent as JSON; None for an answer without a body; or content type to one of these."""
    headers: tuple[str, ...] = ()
    """Names of `intermediate.openapi.headers`."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Operation id to the parameter of its path that the body's `id` is; without a body, that the request's is."""

    @property
    def contents(self) -> Mapping[str, Any]:
        """Content type to model."""
        if self.body is None:
            return {}
        return self.body if isinstance(self.body, Mapping) else {JSON: self.body}


class NoQuery(Schema):
    """The query of an operation that takes none. Who sends one means something that would not happen."""


@dataclass(frozen=True)
class Operation:
    """One method of one resource. `id` is its name in clients that are made from the document."""

    id: str
    summary: str
    answers: Mapping[int, Answer]
    query: type[BaseModel] | None = NoQuery
    """None: the view looks at it itself, as the token endpoints do, or nobody does: a probe may add what it likes."""
    body: type[BaseModel] | None = None
    types: tuple[str, ...] = (JSON,)
    """Content types that the body may be sent as."""
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Content type to schema, of a body that no model validates."""
    headers: tuple[str, ...] = ()
    """Request headers, by their names in `intermediate.openapi.headers`."""
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Status to the codes of the errors that are this operation's own."""
    public: bool = False
    """Nobody need be signed in."""
    oauth: bool = False
    """Its errors are those of RFC 6749."""
    stateless: bool = False
    """It needs no database."""


def includeme(config: Configurator) -> None:
    config.add_view_deriver(_without_query, "operation")


def _without_query(view: Any, info: Any) -> Any:
    """Adds the option `operation`, and refuses a query where none is taken. Other queries are read by their views."""
    operation: Operation | None = info.options.get("operation")
    if operation is None or operation.query is not NoQuery:
        return view

    def strict(context: Any, request: Request) -> Response:
        if request.query_string:
            read_query(request, NoQuery)
        return view(context, request)

    return strict


_without_query.options = ("operation",)  # type: ignore[attr-defined]  # Pyramid reads it there
