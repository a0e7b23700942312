"""Responses of the site's views: fragments for HTMX, redirects with a message elsewhere."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.response import Response

from intermediate.i18n import translate
from intermediate.request import Request
from intermediate.views.predicates import wants_fragment


def say(request: Request, text: str, undo: str = "") -> None:
    """Flash a message, with a button that posts to `undo`. It replaces older ones, to keep the cookie small."""
    text = translate(request.localizer, text)
    request.session.pop_flash()
    request.session.flash({"text": text, "undo": undo} if undo else text)


def go(request: Request, address: str, said: str = "", **headers: str) -> Response:
    """Redirect to a page with a message. HTMX follows the header `HX-Redirect`."""
    if said:
        say(request, said)
    if wants_fragment(request):
        return Response(status=204, headerlist=[("HX-Redirect", address), *headers.items()])
    return HTTPSeeOther(address, headers=[*headers.items()])


def safe_path(target: str, otherwise: str) -> str:
    """Return `target` if it is a path of this site, else `otherwise`. Prevents open redirects."""
    odd = not target.startswith("/") or target[1:2] in ("/", "\\") or not target.isprintable() or not target.isascii()
    return otherwise if odd or "\\" in target or "//" in target else target


def back(request: Request, *pages: str) -> str:
    """Return the form's page with its query if it is one of `pages`, else the first of them."""
    path, _, query = sender(request).partition("?")
    return (f"{path}?{query}" if query else path) if path in pages else pages[0]


def sender(request: Request) -> str:
    """Return the path and query of the form's page from `Referer`, or "" if it is absent or of another site."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return safe_path(urlunsplit(("", "", page.path, page.query, "")), "") if page.netloc == request.host else ""


def fragment(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """Render a template of `templates/fragments/`, for HTMX."""
    template = f"intermediate:templates/fragments/{name}.jinja2"
    response = render_to_response(template, values, request, response=Response())
    response.status_code = status
    return response
