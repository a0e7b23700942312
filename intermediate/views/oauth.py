"""The token endpoints, `/api/auth/login` and `/api/auth/refresh`, with the grants and errors of RFC 6749."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pyramid.response import Response
from pyramid.view import view_config

from intermediate.logins import sessions
from intermediate.openapi.accounts import LOG_IN, REFRESH
from intermediate.openapi.operation import FORM
from intermediate.problems import Problem
from intermediate.rate_limits import TooManyRequestsError
from intermediate.reads import dump
from intermediate.request import Request
from intermediate.resources import Auth
from intermediate.schemas.oauth import Grant, PasswordGrant, RefreshGrant
from intermediate.schemas.reading import form_values
from intermediate.views.auth import check_password

G = TypeVar("G", bound=Grant)
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@view_config(context=Auth, name="login", surface="api", request_method="POST", renderer="json", operation=LOG_IN)
def login(_context: Auth, request: Request) -> Any:
    """The password grant, section 4.3."""
    grant = read_grant(request, PasswordGrant)
    if isinstance(grant, Response):
        return grant
    try:
        user_id = check_password(request, grant.username, grant.password)
    except TooManyRequestsError as error:
        return oauth_error(error.code, str(error), error.status, error.headers)
    if user_id is None:
        return oauth_error("invalid_grant", "Incorrect username or password.")
    return _tokens(request, sessions.start_tokens(request, user_id))


@view_config(context=Auth, name="refresh", surface="api", request_method="POST", renderer="json", operation=REFRESH)
def refresh(_context: Auth, request: Request) -> Any:
    """Exchange a refresh token for a new pair, section 6."""
    grant = read_grant(request, RefreshGrant)
    if isinstance(grant, Response):
        return grant
    pair = sessions.refresh_tokens(request, grant.refresh_token)
    if pair is None:
        return oauth_error("invalid_grant", "The refresh token is not valid or has already been used.")
    return _tokens(request, pair)


def read_grant(request: Request, model: type[G]) -> G | Response:
    """Return the form of a token request, or an error response as in section 5.2.

    No client has a secret here, so client credentials are ignored, in fields and in an Authorization header.
    """
    if request.content_type != FORM or request.query_string:
        return oauth_error("invalid_request", "Send a form in the request body.")
    try:
        return model.model_validate(form_values(request))
    except Problem as problem:
        return oauth_error("invalid_request", str(problem))
    except ValidationError as error:
        return _refusal(model, error.errors()[0]["loc"][0])


def _refusal(model: type[Grant], field: object) -> Response:
    fields = model.model_fields
    if field == "grant_type":
        only = fields["grant_type"].default
        return oauth_error("unsupported_grant_type", f"The only supported grant type is {only}.")
    if field == "scope":
        return oauth_error("invalid_scope", "Scopes are not supported.")
    wanted = (name for name, found in fields.items() if found.is_required())
    return oauth_error("invalid_request", f"Send {' and '.join(wanted)}.")


def _tokens(request: Request, pair: dict[str, Any]) -> dict[str, Any]:
    request.response.headers.update(NOT_STORED)
    return pair


def oauth_error(
    code: str, description: str, status: int = 400, more_headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error response of the token endpoint. A 429 has the same shape, since clients expect `error`."""
    body = dump({"error": code, "error_description": description})
    headers = {"Content-Type": "application/json; charset=utf-8", **NOT_STORED, **(more_headers or {})}
    return Response(body=body, status=status, headerlist=[*headers.items()])
