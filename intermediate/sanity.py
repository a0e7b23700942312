"""Checks of requests before any view runs. Each refusal has a response that says why.

Frameworks accept more than clients mean: two paths for one resource, bytes that are not text, forms of other sites.
"""

import re
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import BadCSRFOrigin
from pyramid.httpexceptions import HTTPBadRequest, HTTPNotFound
from pyramid.response import Response
from pyramid.traversal import ResourceTreeTraverser
from pyramid.tweens import EXCVIEW
from webob.datetime_utils import parse_date

from intermediate.addresses import host_of
from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Handler, Request
from intermediate.schemas.reading import parse_form

MAX_BODY = 1024 * 1024
IMPORT = "/api/tasks/import"
FORM_AROUND_FILE = 64 * 1024
_ODD = re.compile(r"/(\.{0,2}(/|\Z)|@@)")  # a segment that is empty, `.` or `..`, or begins with @@
SAFE = ("GET", "HEAD", "OPTIONS")


def refuse_foreign_hosts(request: Request) -> None:
    """Refuse unknown host names, so that links can be built from the Host header."""
    allowed = request.registry.app_settings.site.allowed_hosts
    if allowed and request.domain.lower() not in allowed:
        raise HTTPBadRequest(_("This site is not served under that host name."))


def refuse_large_bodies(request: Request) -> None:
    """Refuse large bodies before anything reads them. The view of the import limits the file within a form."""
    size = request.content_length or 0
    if size > MAX_BODY:
        most = request.registry.app_settings.imports.max_bytes
        if request.environ.get("PATH_INFO") != IMPORT:
            raise Problem(413, "too_large", _("The request body can be at most 1 MiB."))
        if size > most + FORM_AROUND_FILE:
            raise Problem(413, "too_large", f"The file can be at most {most} bytes.")


def refuse_odd_paths(request: Request) -> None:
    """Refuse second URLs for a resource: Pyramid resolves empty, `.` and `..` segments, and `@@name` as `name`."""
    try:
        path = request.path_info
        request.GET.items()
    except UnicodeDecodeError:
        raise HTTPBadRequest(_("The address is not valid UTF-8.")) from None
    if "\0" in path:
        raise HTTPBadRequest(_("The address contains a NUL character."))
    if _ODD.search(path) and path != "/":
        raise HTTPNotFound


def forget_odd_cookies(request: Request) -> None:
    """Drop cookies that are not valid UTF-8, since they cannot be ours."""
    if "HTTP_COOKIE" not in request.environ:
        return
    try:
        request.cookies.items()
    except UnicodeDecodeError:
        request.environ.pop("HTTP_COOKIE")


def forget_odd_dates(request: Request) -> None:
    """Ignore invalid dates (RFC 9110, section 13.1). WebOb fails on some of them."""
    for name in ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE"):
        try:
            parse_date(request.environ.get(name))
        except (ValueError, OverflowError):
            request.environ[name] = "no date"


def refuse_subpaths(request: Request, subpath: tuple[str, ...]) -> None:
    """Refuse paths that go on after a view: `/notes/7/toggle/more` would find `toggle` and drop the rest."""
    if subpath and not request.matched_route:
        raise HTTPNotFound


def refuse_foreign_forms(request: Request) -> None:
    """Refuse forms of other sites. Pyramid checks the origin over https only, and browsers send more headers."""
    if request.surface != "site" or request.method in SAFE:
        return
    origin, fetched_from = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is not None and host_of(origin) != request.host.lower():
        raise BadCSRFOrigin("Origin")
    if fetched_from not in (None, "same-origin", "none"):
        raise BadCSRFOrigin("Sec-Fetch-Site")
    parse_form(request)  # the CSRF check reads the form too, and would fail on an invalid one


def sanity_tween(handler: Handler, _registry: Any) -> Handler:
    def tween(request: Request) -> Response:
        forget_odd_cookies(request)  # first: error pages read a cookie, too
        forget_odd_dates(request)
        refuse_foreign_hosts(request)
        refuse_large_bodies(request)
        refuse_odd_paths(request)
        return handler(request)

    return tween


class Traverser(ResourceTreeTraverser):
    """Pyramid's traverser, and the checks that need the surface.

    Subscribers could do this too. Without any, Pyramid skips four events per request, which took a tenth of its time.
    """

    def __call__(self, request: Request) -> dict[str, Any]:
        found: dict[str, Any] = super().__call__(request)
        refuse_subpaths(request, found["subpath"])
        refuse_foreign_forms(request)
        return found


def includeme(config: Configurator) -> None:
    config.add_tween("intermediate.sanity.sanity_tween", under=EXCVIEW)  # so that its errors get an error page
    config.add_traverser(Traverser)
