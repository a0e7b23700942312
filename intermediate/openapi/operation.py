"""The description of an API view: `@view_config(..., operation=Operation("list_tasks", ...))`.

Errors that all operations share are not repeated: a missing token, a malformed body, an unavailable database.
`intermediate.openapi.problems` adds them.
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
    """A successful response: its meaning, body and headers, without the headers that all responses have."""

    description: str
    body: Any = None
    """A model or a TypedDict, sent as JSON; None for a response without a body; or content type to one of these."""
    headers: tuple[str, ...] = ()
    """Names in `intermediate.openapi.headers`."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Operation id to its path parameter. Its value is the body's `id` or, without a body, the same path parameter."""

    @property
    def contents(self) -> Mapping[str, Any]:
        """Content type to model."""
        if self.body is None:
            return {}
        return self.body if isinstance(self.body, Mapping) else {JSON: self.body}


class NoQuery(Schema):
    """The query of an operation without parameters. Sending any is an error, since it would have no effect."""


@dataclass(frozen=True)
class Operation:
    """A method of a resource. `id` is its name in generated clients."""

    id: str
    summary: str
    answers: Mapping[int, Answer]
    query: type[BaseModel] | None = NoQuery
    """None: the view reads the query itself, as the token endpoints do, or any query is ignored, as for probes."""
    body: type[BaseModel] | None = None
    types: tuple[str, ...] = (JSON,)
    """The accepted content types of the body."""
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Content type to schema, for a body that no model validates."""
    headers: tuple[str, ...] = ()
    """Request headers, by their names in `intermediate.openapi.headers`."""
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Status to the codes of the errors that are specific to this operation."""
    public: bool = False
    """No authentication is required."""
    oauth: bool = False
    """Its errors are those of RFC 6749."""
    stateless: bool = False
    """It does not use the database."""


def includeme(config: Configurator) -> None:
    config.add_view_deriver(_without_query, "operation")


def _without_query(view: Any, info: Any) -> Any:
    """View deriver. It adds the option `operation`, and refuses a query for operations without parameters."""
    operation: Operation | None = info.options.get("operation")
    if operation is None or operation.query is not NoQuery:
        return view

    def strict(context: Any, request: Request) -> Response:
        if request.query_string:
            read_query(request, NoQuery)
        return view(context, request)

    return strict


_without_query.options = ("operation",)  # type: ignore[attr-defined]  # Pyramid reads it there
