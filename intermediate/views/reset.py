"""`/auth/reset`: a new password by a link that an administrator created (`intermediate.logins.reset_links`).

The token is in the query string, which is not logged, and `Referer` contains only the origin. Opening the link changes
nothing, since programs that preview links open it, too. The link logs nobody in.
"""

import logging
from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate.i18n import _
from intermediate.logins import reset_links
from intermediate.models import User
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Auth
from intermediate.schemas.accounts import ResetPassword
from intermediate.schemas.reading import form_values
from intermediate.views.answers import say
from intermediate.views.words import field_errors

log = logging.getLogger(__name__)


def _send_only_the_origin(_request: Request, response: Response) -> None:
    # Not "no-referrer": with it, browsers send `Origin: null` with the form.
    response.headers["Referrer-Policy"] = "strict-origin"


@view_defaults(context=Auth, name="reset", surface="site", renderer="intermediate:templates/reset.jinja2")
class ResetViews:
    def __init__(self, context: Auth, request: Request) -> None:
        context.choose_passwords()
        self.request = request
        request.add_response_callback(_send_only_the_origin)

    @view_config(request_method="GET")
    def form(self) -> dict[str, Any]:
        token = self.request.GET.get("token", "")
        return self._shown(token, self._whose(token), {})

    @view_config(request_method="POST")
    def save(self) -> Any:
        """Set the password. It is hashed before the first write, which on SQLite blocks other writers."""
        values = form_values(self.request)
        token = values.pop("token", "")
        user = self._whose(token)
        try:
            wanted = ResetPassword.model_validate(values, context=user.email)
        except ValidationError as error:
            self.request.response.status_code = 422
            return self._shown(token, user, field_errors(error))
        reset_links.use(self.request.db, user, self.request.auth.hash_password(wanted.password))
        log.info("password_reset", extra={"user_id": user.id})
        say(self.request, _("The password of ${email} was changed. Log in with it.", mapping={"email": user.email}))
        return HTTPSeeOther("/auth/login")

    def _shown(self, token: str, user: User, errors: dict[str, str]) -> dict[str, Any]:
        return {"token": token, "email": user.email, "errors": errors}

    def _whose(self, token: str) -> User:
        """Return the account of a link. Refused links count against the rate limit, as failed logins do."""
        attempt = self.request.registry.rate_limits.reset(self.request)
        attempt.allowed()
        try:
            return self.request.registry.reset_links.whose(self.request.db, token)
        except Problem:
            attempt.failed()
            raise
