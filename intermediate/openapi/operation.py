"""What a view of the API says of itself: `@view_config(..., operation=Operation("list_tasks", ...))`.

What holds for every operation is not said again: that a token is wanted, that a body may be malformed, that the
database may be away. `intermediate.openapi.document` adds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pyramid.config import Configurator

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """One kind of success: what it means, what its body is, and which headers it has besides those of every answer."""

    description: str
    body: Any = None
    """A model or a TypedDict; None for an answer without a body, and `str` for text."""
    headers: tuple[str, ...] = ()
    """Names of `intermediate.openapi.headers`."""
    types: tuple[str, ...] = (JSON,)
    links: Mapping[str, str] = field(default_factory=dict)
    """Operation id to the parameter of its path that the body's `id` is."""


@dataclass(frozen=True)
class Operation:
    """One method of one resource. `id` is its name in clients that are made from the document."""

    id: str
    summary: str
    answers: Mapping[int, Answer]
    query: type[BaseModel] | None = None
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
    config.add_view_deriver(_unchanged, "operation")


def _unchanged(view: Any, _info: Any) -> Any:
    """It is there for its option alone, with which views may then be registered."""
    return view


_unchanged.options = ("operation",)  # type: ignore[attr-defined]
