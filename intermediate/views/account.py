"""`/account`: the caller's account. What is here now: its named tokens."""

from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import named_tokens
from intermediate.models import LoginSession
from intermediate.models.base import utcnow
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Me
from intermediate.schemas.accounts import NewToken
from intermediate.schemas.base import form_values
from intermediate.schemas.tasks import iso
from intermediate.security import Permission
from intermediate.views.answers import fragment, say
from intermediate.views.predicates import wants_fragment
from intermediate.views.words import field_errors

PAGE = "intermediate:templates/account.jinja2"
LIFETIMES = (("", "No end"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year"))


def token_document(token: LoginSession) -> dict[str, Any]:
    """A named token as the page shows it. Nothing of the token itself is known here."""
    return {
        "id": token.id,
        "name": token.name,
        "created_at": iso(token.created_at),
        "seen_at": iso(token.seen_at) if token.seen_at != token.created_at else None,
        "expires_at": iso(token.expires_at),
        "expired": token.expires_at is not None and token.expires_at <= utcnow(),
    }


@view_defaults(context=Me, surface="site")
class AccountViews:
    def __init__(self, context: Me, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET", renderer=PAGE)
    def show(self) -> dict[str, Any]:
        return self._values()

    @view_config(name="tokens", request_method="GET")
    def tokens(self) -> Response:
        """The address that the browser shows under a new token."""
        return HTTPSeeOther("/account")

    @view_config(name="tokens", request_method="POST", permission=Permission.EDIT, renderer=PAGE)
    def make(self) -> Any:
        """A new token is in the answer itself: no redirect could carry it, and it is not to be had again."""
        form = form_values(self.request)
        try:
            wanted = NewToken.model_validate(form)
            token = named_tokens.make(self.request.db, self.context.owner, wanted.name, wanted.lifetime)
        except ValidationError as error:
            return self._answer(422, form=form, errors=field_errors(error))
        except named_tokens.RefusedError as error:
            return self._answer(422, form=form, errors={"name": str(error)})
        return self._answer(201, made={"name": wanted.name, "token": token})

    @view_config(name="revoke", request_method="POST", permission=Permission.EDIT)
    def revoke(self) -> Any:
        name = named_tokens.revoke(self.request.db, self.context.owner, form_values(self.request).get("token", ""))
        if name is None:
            raise Problem(404, "not_found", "Your account has no such token. It may have been revoked before.")
        said = f"Revoked “{name}”."
        if wants_fragment(self.request):
            return self._answer(200, said=said)
        say(self.request, said)
        return HTTPSeeOther("/account")

    def _answer(self, status: int, **values: Any) -> Any:
        """The tokens alone for HTMX, else the whole page."""
        if wants_fragment(self.request):
            return fragment(self.request, "tokens", status=status, **(self._values() | values))
        self.request.response.status_code = status
        return self._values() | values

    def _values(self) -> dict[str, Any]:
        tokens = named_tokens.listed(self.request.db, self.context.owner)
        return {
            "tokens": [token_document(token) for token in tokens],
            "most": named_tokens.MOST,
            "lifetimes": LIFETIMES,
            "form": {},
            "errors": {},
            "made": None,
            "said": "",
        }
