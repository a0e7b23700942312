"""Error responses: problem details in the API, a page on the site. Neither uses the database or the cache."""

from typing import Any

from pyramid.renderers import render_to_response
from pyramid.response import Response

from intermediate.i18n import _, english
from intermediate.problems import Problem
from intermediate.reads import dump
from intermediate.request import Request
from intermediate.sanity import SAFE
from intermediate.views.answers import sender
from intermediate.views.predicates import wants_fragment
from intermediate.views.typed import shown, typed

TITLES = {
    400: _("Bad request"),
    401: _("Log in first"),
    403: _("Not for this account"),
    404: _("There is nothing at this address"),
    405: _("This action is not available here"),
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
    "job_over": _("That job has ended"),
    "job_not_failed": _("That job has not failed"),
    "last_admin": _("An administrator is needed"),
    "account_off": _("That account is switched off"),
    "no_passwords": _("There are no passwords here"),
    "reset_link_refused": _("This link does not work"),
    "invalid_csrf_token": _("That form was too old"),
    "invalid_remote_user": _("Your sign-in cannot be read"),
    "not_signed_in": _("You are not signed in"),
}


def answer(request: Request, problem: Problem) -> Response:
    """Return the response for a problem, in the format of the request's surface."""
    html = request.surface == "site" or (request.surface is None and _from_a_page(request))
    response = _page(request, problem) if html else _document(request, problem)
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _from_a_page(request: Request) -> bool:
    """Whether people will see the answer to a request that was refused before traversal."""
    return wants_fragment(request) or "text/html" in request.headers.get("Accept", "")


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
    keeps = problem.status in (401, 404, 503) or problem.code == "invalid_csrf_token"
    form = typed(request) if keeps else None
    values = {
        "status": problem.status,
        "code": problem.code,
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
