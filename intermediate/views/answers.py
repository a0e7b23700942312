"""How the site's views answer: with a fragment for HTMX, or with a message and the way back."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.response import Response

from intermediate.i18n import translate
from intermediate.request import Request
from intermediate.views.predicates import wants_fragment


def say(request: Request, text: str, undo: str = "") -> None:
    """What the next page tells, with a button that posts to `undo`. The newest only: a cookie must not grow."""
    text = translate(request.localizer, text)
    request.session.pop_flash()
    request.session.flash({"text": text, "undo": undo} if undo else text)


def go(request: Request, address: str, said: str = "", **headers: str) -> Response:
    """To another page, or to the same anew, with a message. HTMX leaves the page by a header."""
    if said:
        say(request, said)
    if wants_fragment(request):
        return Response(status=204, headerlist=[("HX-Redirect", address), *headers.items()])
    return HTTPSeeOther(address, headers=[*headers.items()])


def safe_path(target: str, otherwise: str) -> str:
    """Where to go after a form that says it: a path of this site."""
    odd = not target.startswith("/") or target[1:2] in ("/", "\\") or not target.isprintable() or not target.isascii()
    return otherwise if odd or "\\" in target or "//" in target else target


def back(request: Request, *pages: str) -> str:
    """The page that a form was on, filters and all, if it is one of these; else the first of them."""
    path, _, query = sender(request).partition("?")
    return (f"{path}?{query}" if query else path) if path in pages else pages[0]


def sender(request: Request) -> str:
    """The address of the page that a form was on, or nothing if it was another site's or the browser does not say."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return safe_path(urlunsplit(("", "", page.path, page.query, "")), "") if page.netloc == request.host else ""


def fragment(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """A part of a page, for HTMX."""
    template = f"intermediate:templates/fragments/{name}.jinja2"
    response = render_to_response(template, values, request, response=Response())
    response.status_code = status
    return response
