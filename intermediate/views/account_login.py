"""The sections of `/account` for credentials: e-mail address and password.

Both use the same code as the API, and are refused for the same reasons.
"""

from typing import Any, ClassVar

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config, view_defaults

from intermediate.i18n import _
from intermediate.logins import sessions
from intermediate.problems import Problem
from intermediate.rate_limits import TooManyRequestsError
from intermediate.request import Request
from intermediate.resources import Me
from intermediate.schemas.accounts import AccountChange, NewAddress, NewPassword
from intermediate.schemas.reading import form_values
from intermediate.security import Permission
from intermediate.views.account import PAGE, AccountPage
from intermediate.views.predicates import wants_fragment
from intermediate.views.users import change
from intermediate.views.words import field_errors, marked

NOT_CURRENT = _("That is not your current password.")
EMAIL_TAKEN = _("An account with this address exists.")


class OptionalSection(AccountPage):
    """Base class of views of a section that needs a capability of the auth backend; 404 without it."""

    section: ClassVar[str]

    def __init__(self, context: Me, request: Request) -> None:
        super().__init__(context, request)
        if self.section not in self.sections:
            raise HTTPNotFound

    def wrong(self, problem: Problem) -> dict[str, str]:
        """Return the field errors for a problem. Raise the problem if it concerns no field."""
        if problem.code == "email_taken":
            return {"email": EMAIL_TAKEN}
        if problem.code == "wrong_password":
            return {"current_password": NOT_CURRENT}
        if isinstance(problem, TooManyRequestsError) and not wants_fragment(self.request):
            self.request.response.headers.update(problem.headers)
            return {"current_password": problem.detail}
        if problem.errors is None:
            raise problem
        return {error["loc"][-1]: marked(error["msg"]) for error in problem.errors}


@view_defaults(context=Me, surface="site", request_method="POST", permission=Permission.EDIT, renderer=PAGE)
class LoginViews(OptionalSection):
    section: ClassVar = "password"  # "email" needs the same capability

    @view_config(name="email")
    def email(self) -> Any:
        return self._change("email", NewAddress) or self.done(_("Your e-mail address was changed."))

    @view_config(name="password")
    def password(self) -> Any:
        """Change the password. This ends all logins, so the caller is signed in again with a new cookie."""
        refused = self._change("password", NewPassword)
        if refused:
            return refused
        sessions.sign_in(self.request, self.context.owner)
        return self.done(_("Your password was changed. Every other session has ended."))

    def _change(self, section: str, model: type[NewAddress | NewPassword]) -> Any:
        """Change the account. Return None, or the section with its errors."""
        form = form_values(self.request)
        try:
            wanted = model.model_validate(form)
            change(self.request, self.context.signed_in(), AccountChange(**wanted.model_dump()))
        except ValidationError as error:
            status, errors = 422, field_errors(error)
        except Problem as problem:
            errors = self.wrong(problem)
            status = 429 if problem.status == 429 else 422
        else:
            return None
        kept = {name: value for name, value in form.items() if "password" not in name}
        return self.show_section(section, status, form=kept, errors=errors)
