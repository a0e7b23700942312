"""Responses of the views of `/admin`."""

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from intermediate.request import Request
from intermediate.views.answers import back, fragment, say
from intermediate.views.predicates import wants_fragment


def redirect_back(request: Request, text: str) -> Response:
    """Redirect to the page of the form, with a message."""
    say(request, text)
    return HTTPSeeOther(back(request, "/admin", "/admin/users", "/admin/jobs"))


def page_or_fragment(request: Request, name: str, values: dict[str, Any]) -> Any:
    """Return the values of a page with a list, or for HTMX the list alone. Paging moves the focus to its start."""
    return fragment(request, name, paged="offset" in request.GET, **values) if wants_fragment(request) else values
