"""`/account`: the caller's account, in sections. Their forms are handled in the `account_*` modules.

An invalid form returns its section with the input, except passwords: as a fragment for HTMX, else within the whole
page. A successful one returns its section too, or the page with a message on top.
"""

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import zones
from intermediate.i18n import _
from intermediate.logins import families, named_tokens
from intermediate.logins.agents import ON
from intermediate.models import LoginSession
from intermediate.models.base import utcnow
from intermediate.plugins.base import Capability
from intermediate.request import Request
from intermediate.resources import Me
from intermediate.schemas.tasks import iso
from intermediate.views.answers import fragment, go
from intermediate.views.predicates import wants_fragment

PAGE = "intermediate:templates/account.jinja2"
SECTIONS: dict[str, Capability | None] = {
    "email": Capability.REGISTRATION,
    "password": Capability.REGISTRATION,
    "sessions": Capability.PASSWORDS,
    **dict.fromkeys(("tokens", "zone", "shortcuts", "data", "delete")),
}
"""Section to the capability of the auth backend that it needs."""
LIFETIMES = (("", _("Never")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")))
MOST_LOGINS = 50  # shown on the page; an account may have many more (`families.MOST` of a kind)
KINDS = {"site": _("Browser"), "api": _("API client")}


def login_document(login: families.Login, mine: str | None) -> dict[str, Any]:
    return {
        "ref": login.ref,
        "kind": login.kind,
        "words": _words(login),
        "created_at": iso(login.created_at),
        "seen_at": iso(login.seen_at),
        "mine": login.family == mine,
    }


def _words(login: families.Login) -> str:
    browser, on, system = (login.agent or "").partition(ON)
    return _("${browser} on ${system}", mapping={"browser": browser, "system": system}) if on else KINDS[login.kind]


def token_document(token: LoginSession) -> dict[str, Any]:
    """Return a named token as the page shows it, without its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "created_at": iso(token.created_at),
        "seen_at": iso(token.seen_at) if token.seen_at != token.created_at else None,
        "expires_at": iso(token.expires_at),
        "expired": token.expires_at is not None and token.expires_at <= utcnow(),
    }


class AccountPage:
    """Base class of the sections' views."""

    def __init__(self, context: Me, request: Request) -> None:
        self.context = context
        self.request = request

    @property
    def has_passwords(self) -> bool:
        return Capability.PASSWORDS in self.request.auth.capabilities

    @property
    def sections(self) -> list[str]:
        """The sections that the auth backend supports."""
        return [name for name, needed in SECTIONS.items() if needed in (None, *self.request.auth.capabilities)]

    def values(self) -> dict[str, Any]:
        """Return the template values of the whole page."""
        who, db = self.context.signed_in(), self.request.db
        found = families.listed(db, who.user_id) if "sessions" in self.sections else []
        found.sort(key=lambda login: login.family != who.family)  # this one first
        return {
            "sections": self.sections,
            "section": "",
            "form": {},
            "errors": {},
            "focus": "data-focus" if wants_fragment(self.request) else "autofocus",
            "said": "",
            "made": None,
            "logins": [login_document(login, who.family) for login in found[:MOST_LOGINS]],
            "more_logins": max(0, len(found) - MOST_LOGINS),
            "tokens": [token_document(token) for token in named_tokens.listed(db, who.user_id)],
            "most": named_tokens.MOST,
            "lifetimes": LIFETIMES,
            "zones": zones.by_area(who.time_zone),
        }

    def show_section(self, section: str, status: int = 200, **values: Any) -> Any:
        """Return a section: as a fragment for HTMX, else within the page."""
        shown = self.values() | {"section": section} | values
        if wants_fragment(self.request):
            return fragment(self.request, f"account_{section}", status=status, **shown)
        self.request.response.status_code = status
        return shown

    def done(self, said: str) -> Response:
        """Redirect to the page with a message. The whole page reloads, since the change shows in several places."""
        return go(self.request, "/account", said)


@view_defaults(context=Me, surface="site")
class AccountViews(AccountPage):
    @view_config(request_method="GET", renderer=PAGE)
    def show(self) -> dict[str, Any]:
        return self.values()

    @view_config(name="email", request_method="GET")
    @view_config(name="password", request_method="GET")
    @view_config(name="tokens", request_method="GET")
    @view_config(name="time-zone", request_method="GET")
    @view_config(name="delete", request_method="GET")
    def sent_before(self) -> Response:
        """Redirect a GET of a form's URL, which the browser's address bar shows after an invalid form."""
        return HTTPSeeOther("/account")
