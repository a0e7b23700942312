"""The section of `/account` for named tokens: creating and revoking them."""

from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from intermediate.i18n import _
from intermediate.logins import named_tokens
from intermediate.problems import Problem
from intermediate.resources import Me
from intermediate.schemas.accounts import NewToken
from intermediate.schemas.reading import form_values
from intermediate.security import Permission
from intermediate.views.account import PAGE, AccountPage
from intermediate.views.answers import say
from intermediate.views.predicates import wants_fragment
from intermediate.views.words import field_errors


@view_defaults(context=Me, surface="site")
class TokenViews(AccountPage):
    @view_config(name="tokens", request_method="POST", permission=Permission.EDIT, renderer=PAGE)
    def make(self) -> Any:
        """Create a token. It is shown once, in this response: a redirect could not carry it."""
        form = form_values(self.request)
        try:
            wanted = NewToken.model_validate(form)
            token = named_tokens.make(self.request.db, self.context.owner, wanted.name, wanted.lifetime)
        except ValidationError as error:
            return self.show_section("tokens", 422, form=form, errors=field_errors(error))
        except named_tokens.RefusedError as error:
            return self.show_section("tokens", 422, form=form, errors={"name": error.args[0]})
        return self.show_section("tokens", 201, made={"name": wanted.name, "token": token})

    @view_config(name="revoke", request_method="POST", permission=Permission.EDIT)
    def revoke(self) -> Any:
        name = named_tokens.revoke(self.request.db, self.context.owner, form_values(self.request).get("token", ""))
        if name is None:
            raise Problem(404, "not_found", _("Your account has no such token. It may have already been revoked."))
        said = _("Revoked “${name}”.", mapping={"name": name})
        if wants_fragment(self.request):
            return self.show_section("tokens", said=said)
        say(self.request, said)
        return HTTPSeeOther("/account")
