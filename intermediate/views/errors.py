"""Errors: problem details in the API, pages on the site. None of these views touches database, session or cache."""

import logging
from typing import Any
from urllib.parse import urlsplit

from pyramid.csrf import BadCSRFOrigin, BadCSRFToken
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.response import Response
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from intermediate.i18n import _, english, sentences
from intermediate.plugins.base import BackendError, Capability
from intermediate.plugins.tasks.interface import OwnerGoneError
from intermediate.problems import Problem
from intermediate.reads import dump
from intermediate.request import Request
from intermediate.sanity import SAFE
from intermediate.tokens import bearer_token
from intermediate.views.answers import safe_path, sender
from intermediate.views.predicates import wants_fragment
from intermediate.views.typed import carried, shown, typed

log = logging.getLogger(__name__)
RETRY_SECONDS = 5
CHALLENGE = 'Bearer realm="intermediate"'
CHALLENGE_AGAIN = CHALLENGE + ', error="invalid_token"'

TITLES = {
    400: _("Bad request"),
    401: _("Log in first"),
    403: _("Not for this account"),
    404: _("There is nothing at this address"),
    405: _("This cannot be done here"),
    406: _("Not in that format"),
    409: _("This changed in the meantime"),
    412: _("This changed in the meantime"),
    413: _("That is too large"),
    415: _("Not in that format"),
    422: _("Something needs fixing"),
    429: _("A little too fast"),
    500: _("Something broke on our side"),
    503: _("Back in a moment"),
}
TITLES_OF_CODES = {
    "job_over": _("That job is over"),
    "job_not_failed": _("That job has not failed"),
    "last_admin": _("Somebody has to run this"),
    "account_off": _("That account is switched off"),
    "no_passwords": _("There are no passwords here"),
    "reset_link_refused": _("This link does not work"),
    "invalid_csrf_token": _("That form was too old"),
    "invalid_remote_user": _("Your sign-in cannot be read"),
    "not_signed_in": _("You are not signed in"),
}
CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    500: "internal_error",
}


def answer(request: Request, problem: Problem) -> Response:
    """The response for a problem, on the surface that the request came by."""
    html = request.surface == "site" or (request.surface is None and "text/html" in request.headers.get("Accept", ""))
    response = _page(request, problem) if html else _document(request, problem)
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def title(problem: Problem) -> str:
    return TITLES_OF_CODES.get(problem.code) or TITLES.get(problem.status, _("Error"))


def _document(request: Request, problem: Problem) -> Response:
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": title(problem),
        "status": problem.status,
        "detail": english(problem.detail),
        "instance": request.environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace"),
        "request_id": request.id,
        "code": problem.code,
    }
    if problem.errors is not None:
        document["errors"] = problem.errors
    return Response(body=dump(document), status=problem.status, content_type="application/problem+json", charset=None)


def _page(request: Request, problem: Problem) -> Response:
    keeps = problem.status in (401, 503) or problem.code == "invalid_csrf_token"
    form = typed(request) if keeps else None
    values = {
        "status": problem.status,
        "title": title(problem),
        "detail": problem.detail,
        "form": form,
        "fields": shown(form) if form else (),
        "path": request.environ.get("PATH_INFO", ""),
        "action": request.path if form else "",
        "sender": "" if request.method in SAFE else sender(request),
        "trash_days": request.registry.app_settings.tasks.trash_days,
    }
    template = "error_fragment" if wants_fragment(request) else "error"
    response = render_to_response(f"intermediate:templates/{template}.jinja2", values, request, response=Response())
    response.status_code = problem.status
    return response


@exception_view_config(Problem)
def problem_view(problem: Problem, request: Request) -> Response:
    return answer(request, problem)


@notfound_view_config()
def not_found(error: HTTPNotFound, request: Request) -> Response:
    """404; or 405 or 406 if there are views here, for other methods or formats."""
    allowed = request.registry.methods.allowed(request) if isinstance(error, PredicateMismatch) else []
    if not allowed:
        return answer(request, Problem(404, "not_found", _("The link may be old, or what it led to was deleted.")))
    allow = {"Allow": ", ".join(allowed)}
    if request.method == "OPTIONS":
        return Response(status=204, headerlist=list(allow.items()))
    if request.method in allowed:
        return answer(request, Problem(406, "not_acceptable", _("This is not to be had in the format asked for.")))
    return answer(
        request,
        Problem(
            405,
            "method_not_allowed",
            _("Allowed here: ${methods}.", mapping={"methods": allow["Allow"]}),
            headers=allow,
        ),
    )


@forbidden_view_config()
def forbidden(_error: HTTPForbidden, request: Request) -> Response:
    """403 for who is known; who is not is asked to log in, or told that this is done elsewhere."""
    if request.identity:
        return answer(request, Problem(403, "forbidden", _("Your account may not do this.")))
    if request.surface == "api":
        missing = bearer_token(request) is None
        code, detail = (
            ("missing_token", "Send a bearer token.")
            if missing
            else (
                "invalid_token",
                "The token is not valid, or its session has ended.",
            )
        )
        how = CHALLENGE if missing else CHALLENGE_AGAIN
        return answer(request, Problem(401, code, detail, headers={"WWW-Authenticate": how}))
    if Capability.PASSWORDS not in request.auth.capabilities:
        detail = _("Come in by the address where you sign in. If you did, your account has been switched off.")
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
    """Who has written something in the meantime goes on with it."""
    if wants_fragment(request):
        return answer(request, Problem(401, "not_signed_in", _("You were logged out meanwhile.")))
    values = {"email": "", "error": "", "next": "/notes", "kept": carried(request, form)}
    response = render_to_response("intermediate:templates/login.jinja2", values, request, response=Response())
    response.status_code = 403
    response.headers["Cache-Control"] = "no-store"
    return response


def _came_from(request: Request) -> str:
    """The page to go on with after logging in: the one that was asked for, or the one that a fragment is for."""
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
    """As if the account had been gone before it was looked up."""
    how = {"WWW-Authenticate": CHALLENGE_AGAIN}
    return answer(request, Problem(401, "invalid_token", _("Your account has been deleted meanwhile."), headers=how))


@exception_view_config(IntegrityError)
def conflict(error: IntegrityError, request: Request) -> Response:
    """What a view had looked up another request has changed or deleted before the write."""
    log.warning("conflict", extra={"error": str(error.orig)[:500]})
    return answer(request, Problem(409, "conflict", _("Something that this needs has changed meanwhile. Try again.")))


@exception_view_config(BackendError)
def backend_error(error: BackendError, request: Request) -> Response:
    log.warning("%s", error.code, extra={"error": str(error)[:500]})
    detail = _("A service that this needs does not answer. Nothing you saved is lost.")
    return answer(request, Problem(503, error.code, detail, headers={"Retry-After": str(error.retry_after)}))


@exception_view_config(DBAPIError)
@exception_view_config(PoolTimeoutError)
def database_error(error: Exception, request: Request) -> Response:
    log.error("database_unavailable", extra={"error": str(error)[:500]})
    detail = _("The database is not answering. Nothing you saved is lost.")
    return answer(request, Problem(503, "database_unavailable", detail, headers={"Retry-After": str(RETRY_SECONDS)}))


@exception_view_config(Exception)
def crash(error: Exception, request: Request) -> Response:
    log.exception("request_crashed", exc_info=error)
    return answer(request, Problem(500, "internal_error", _("It has been logged under this request id.")))
