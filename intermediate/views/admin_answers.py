"""How the views of `/admin` answer."""

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from intermediate.request import Request
from intermediate.views.answers import back, fragment, say
from intermediate.views.predicates import wants_fragment


def told(request: Request, text: str) -> Response:
    """A message, on the page that the form was on."""
    say(request, text)
    return HTTPSeeOther(back(request, "/admin", "/admin/users", "/admin/jobs"))


def listed(request: Request, name: str, values: dict[str, Any]) -> Any:
    """A page of a list, or for HTMX the list alone. Who has turned a page finds the focus at its head."""
    return fragment(request, name, paged="offset" in request.GET, **values) if wants_fragment(request) else values
