"""Exception views: the mapping of exceptions to problems. They use no database, session or cache."""

import logging
from urllib.parse import urlsplit

from pyramid.csrf import BadCSRFOrigin, BadCSRFToken
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.response import Response
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from intermediate.i18n import _, sentences
from intermediate.logins.tokens import bearer_token
from intermediate.plugins.base import BackendError, Capability
from intermediate.plugins.tasks.interface import OwnerGoneError
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.sanity import SAFE
from intermediate.templating import SITE
from intermediate.views.answers import safe_path
from intermediate.views.predicates import wants_fragment
from intermediate.views.problems import answer
from intermediate.views.typed import carried, typed

log = logging.getLogger(__name__)
RETRY_SECONDS = 5
CHALLENGE = {"WWW-Authenticate": f'Bearer realm="{SITE}"'}
CHALLENGE_AGAIN = {"WWW-Authenticate": f'Bearer realm="{SITE}", error="invalid_token"'}

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    500: "internal_error",
}


@exception_view_config(Problem)
def problem_view(problem: Problem, request: Request) -> Response:
    return answer(request, problem)


@notfound_view_config()
def not_found(error: HTTPNotFound, request: Request) -> Response:
    """404; or 405 or 406 if the resource has views for other methods or formats."""
    allowed = request.registry.methods.allowed(request) if isinstance(error, PredicateMismatch) else []
    if not allowed:
        return answer(request, Problem(404, "not_found", _("The link may be old, or what it led to was deleted.")))
    methods = ", ".join(allowed)
    if request.method == "OPTIONS":
        return Response(status=204, headerlist=[("Allow", methods)])
    if request.method in allowed:
        return answer(request, Problem(406, "not_acceptable", _("This is not available in the requested format.")))
    if request.surface == "site" and request.method in SAFE:
        detail = _("This address only accepts a form. Open the page that the form is on.")
    else:
        detail = _("Allowed here: ${methods}.", mapping={"methods": methods})
    return answer(request, Problem(405, "method_not_allowed", detail, headers={"Allow": methods}))


@forbidden_view_config()
def forbidden(_error: HTTPForbidden, request: Request) -> Response:
    """403 for a signed-in caller; else 401 in the API, and the login form or an explanation on the site."""
    if request.identity:
        return answer(request, Problem(403, "forbidden", _("Your account is not allowed to do this.")))
    if request.surface == "api":
        if bearer_token(request) is None:
            return answer(request, Problem(401, "missing_token", "Send a bearer token.", headers=CHALLENGE))
        detail = "The token is not valid, or its session has ended."
        return answer(request, Problem(401, "invalid_token", detail, headers=CHALLENGE_AGAIN))
    if Capability.PASSWORDS not in request.auth.capabilities:
        detail = _(
            "Open this site through the address where you sign in. If you did, your account has been switched off."
        )
        return answer(request, Problem(403, "not_signed_in", detail))
    form = typed(request)
    if form:
        return _log_in_again(request, form)
    came_from = _came_from(request)
    login = request.resource_path(request.root, "auth", "login", query={"next": came_from} if came_from else None)
    if wants_fragment(request):
        return Response(status=401, headerlist=[("HX-Redirect", login)])
    return HTTPSeeOther(login)


def _log_in_again(request: Request, form: dict[str, str]) -> Response:
    """Show the login form, which carries the input of the form that was sent without a session."""
    if wants_fragment(request):
        return answer(request, Problem(401, "not_signed_in", _("You have been logged out.")))
    values = {"email": "", "error": "", "next": "/notes", "kept": carried(request, form)}
    response = render_to_response("intermediate:templates/login.jinja2", values, request, response=Response())
    response.status_code = 403
    response.headers["Cache-Control"] = "no-store"
    return response


def _came_from(request: Request) -> str:
    """Return the page to continue with after the login: the requested one, or the one that contains the fragment."""
    if not wants_fragment(request):
        return request.path_qs if request.method in ("GET", "HEAD") else ""
    try:
        url = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return ""
    return safe_path(url._replace(scheme="", netloc="", fragment="").geturl(), "")


@exception_view_config(BadCSRFToken)
@exception_view_config(BadCSRFOrigin)
def bad_csrf(_error: Exception, request: Request) -> Response:
    again = _("Send it again.") if typed(request) else _("Go back, reload the page, and send it again.")
    return answer(request, Problem(400, "invalid_csrf_token", sentences(_("Invalid CSRF token."), again)))


@exception_view_config(HTTPException)
def http_exception(error: HTTPException, request: Request) -> Response:
    if error.status_code < 400:
        return error
    code = CODES.get(error.status_code, "error")
    return answer(request, Problem(error.status_code, code, error.detail or error.explanation))


@exception_view_config(OwnerGoneError)
def owner_gone(_error: OwnerGoneError, request: Request) -> Response:
    """401, as for an account that was deleted before the request."""
    detail = _("Your account has been deleted.")
    return answer(request, Problem(401, "invalid_token", detail, headers=CHALLENGE_AGAIN))


@exception_view_config(IntegrityError)
def conflict(error: IntegrityError, request: Request) -> Response:
    """409: another request changed or deleted a row between this request's read and its write."""
    log.warning("conflict", extra={"error": str(error.orig)[:500]})
    return answer(
        request, Problem(409, "conflict", _("Something this depends on has changed in the meantime. Try again."))
    )


@exception_view_config(BackendError)
def backend_error(error: BackendError, request: Request) -> Response:
    log.warning("%s", error.code, extra={"error": str(error)[:500]})
    detail = _("A required service is not responding. Nothing you saved is lost.")
    return answer(request, Problem(503, error.code, detail, headers={"Retry-After": str(error.retry_after)}))


@exception_view_config(DBAPIError)
@exception_view_config(PoolTimeoutError)
def database_error(error: Exception, request: Request) -> Response:
    log.error("database_unavailable", extra={"error": str(error)[:500]})
    detail = _("The database is not responding. Nothing you saved is lost.")
    return answer(request, Problem(503, "database_unavailable", detail, headers={"Retry-After": str(RETRY_SECONDS)}))


@exception_view_config(Exception)
def crash(error: Exception, request: Request) -> Response:
    log.exception("request_crashed", exc_info=error)
    return answer(request, Problem(500, "internal_error", _("It has been logged under this request id.")))
