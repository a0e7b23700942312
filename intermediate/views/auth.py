"""Register, log in and log out. `intermediate.views.oauth` issues the API's tokens."""

from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import accounts
from intermediate.i18n import _
from intermediate.logins import sessions
from intermediate.openapi.accounts import LOG_OUT, REGISTER
from intermediate.problems import Problem
from intermediate.rate_limits import TooManyRequestsError
from intermediate.request import Request
from intermediate.resources import Auth
from intermediate.schemas.accounts import Registration, normal_email, user_document
from intermediate.schemas.documents import UserDocument
from intermediate.schemas.reading import form_values, read_json
from intermediate.views.answers import safe_path
from intermediate.views.typed import restored_form, still_carried
from intermediate.views.words import field_errors

EMAIL_TAKEN = _("An account with this address exists. Log in instead?")
BAD_LOGIN = _("E-mail address or password is not right.")
LONGEST_PASSWORD = 1024


def register(request: Request, wanted: Registration) -> Any:
    """Create an account. Raise EmailTakenError or TooManyRequestsError.

    The rate limit bounds the guessing of registered addresses and the growth of the database. The password is hashed
    before the first write, which on SQLite blocks other writers.
    """
    request.registry.rate_limits.registration(request)
    if accounts.find(request.db, wanted.email):
        raise accounts.EmailTakenError(wanted.email)
    return accounts.create(request.db, wanted.email, request.auth.hash_password(wanted.password))


def check_password(request: Request, email: str, password: str) -> int | None:
    """Return the user id for an address and a password as typed, or None. TooManyRequestsError after many failures."""
    try:
        email = normal_email(email)
    except ValueError:
        email = ""  # no account has it; checking it anyway takes the same time
    if len(password) > LONGEST_PASSWORD or not _is_text(password):
        password = ""
    attempt = request.registry.rate_limits.login(request, email)
    attempt.allowed()
    user_id = request.auth.check_password(request.db, email, password)
    if user_id is None:
        attempt.failed()
    else:
        attempt.allowed()
    return user_id


def _is_text(password: str) -> bool:
    return not any(0xD800 <= ord(character) < 0xE000 for character in password)


class AuthViews:
    def __init__(self, context: Auth, request: Request) -> None:
        self.context = context
        self.request = request


@view_defaults(context=Auth, surface="site")
class SiteAuth(AuthViews):
    @view_config(name="register", request_method="GET", renderer="intermediate:templates/register.jinja2")
    def register_form(self) -> Any:
        self.context.choose_passwords()
        return HTTPSeeOther("/notes") if self.request.identity else {"email": "", "errors": {}}

    @view_config(name="register", request_method="POST", renderer="intermediate:templates/register.jinja2")
    def register(self) -> Any:
        self.context.choose_passwords()
        values = form_values(self.request)
        zone = values.pop("time_zone", "")
        try:
            user = register(self.request, Registration.model_validate(values))
        except ValidationError as error:
            return self._again(values, field_errors(error), 422)
        except accounts.EmailTakenError:
            return self._again(values, {"email": EMAIL_TAKEN}, 409)
        except TooManyRequestsError as error:
            self.request.response.headers.update(error.headers)
            return self._again(values, {"email": error.detail}, 429)
        accounts.learn_time_zone(self.request.db, user.id, zone)
        sessions.sign_in(self.request, user.id)
        return HTTPSeeOther("/notes")

    def _again(self, values: dict[str, str], errors: dict[str, str], status: int) -> dict[str, Any]:
        self.request.response.status_code = status
        return {"email": values.get("email", ""), "errors": errors}

    @view_config(name="login", request_method="GET", renderer="intermediate:templates/login.jinja2")
    def login_form(self) -> Any:
        target = safe_path(self.request.GET.get("next", ""), "/notes")
        return HTTPSeeOther(target) if self.request.identity else {"email": "", "error": "", "next": target, "kept": {}}

    @view_config(name="login", request_method="POST", renderer="intermediate:templates/login.jinja2")
    def login(self) -> Any:
        values = form_values(self.request)
        email, target = values.get("email", ""), safe_path(values.get("next", ""), "/notes")
        shown = {"email": email, "next": target, "kept": still_carried(values)}
        try:
            user_id = check_password(self.request, email, values.get("password", ""))
        except TooManyRequestsError as error:
            self.request.response.status_code = 429
            self.request.response.headers.update(error.headers)
            return {"error": error.detail, **shown}
        if user_id is None:
            self.request.response.status_code = 422
            return {"error": BAD_LOGIN, **shown}
        accounts.learn_time_zone(self.request.db, user_id, values.get("time_zone", ""))
        sessions.sign_in(self.request, user_id)
        return restored_form(self.request, values) or HTTPSeeOther(target)

    @view_config(name="logout", request_method="POST")
    def logout(self) -> Response:
        sessions.sign_out(self.request)
        # Not "cookies": this response replaces the session's, and the theme belongs to the browser, not the account.
        return HTTPSeeOther("/", headers=[("Clear-Site-Data", '"cache", "storage"')])


@view_defaults(context=Auth, surface="api", renderer="json")
class ApiAuth(AuthViews):
    @view_config(name="register", request_method="POST", operation=REGISTER)
    def register(self) -> UserDocument:
        self.context.choose_passwords()
        try:
            user = register(self.request, read_json(self.request, Registration))
        except accounts.EmailTakenError:
            raise Problem(409, "email_taken", EMAIL_TAKEN) from None
        self.request.response.status_code = 201
        self.request.response.location = "/api/users/me"
        return user_document(user)

    @view_config(name="logout", request_method="POST", operation=LOG_OUT)
    def logout(self) -> Response:
        self.context.signed_in()
        sessions.sign_out(self.request)
        return Response(status=204, content_type=None)
