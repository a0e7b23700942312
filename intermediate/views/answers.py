"""How the site's views answer: with a fragment for HTMX, or with a message and the way back."""

from typing import Any
from urllib.parse import urlsplit

from pyramid.renderers import render_to_response
from pyramid.response import Response

from intermediate.request import Request


def say(request: Request, text: str, undo: str = "") -> None:
    """What the next page tells, with a button that posts to `undo`. The newest only: a cookie must not grow."""
    request.session.pop_flash()
    request.session.flash({"text": text, "undo": undo} if undo else text)


def back(request: Request, also: str = "") -> str:
    """The list as it was when a form of it was sent, filters and all; or the page `also`, if that was it."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.host or not came_from.query.isascii():
        return "/notes"
    if also and came_from.path == also:
        return also
    return f"/notes?{came_from.query}" if came_from.path == "/notes" and came_from.query else "/notes"


def fragment(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """A part of a page, for HTMX."""
    template = f"intermediate:templates/fragments/{name}.jinja2"
    response = render_to_response(template, values, request, response=Response())
    response.status_code = status
    return response
