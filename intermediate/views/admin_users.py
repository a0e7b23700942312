"""`/admin/users`: accounts with their figures, and what an administrator can change."""

from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from intermediate import accounts, figures
from intermediate.figures import Found
from intermediate.i18n import _
from intermediate.models import User as UserRow
from intermediate.request import Request
from intermediate.resources import User, Users
from intermediate.schemas.accounts import OwnersQuery, UserChange
from intermediate.schemas.reading import form_values, invalid, read_filled
from intermediate.security import Permission
from intermediate.views.admin_answers import page_or_fragment, redirect_back
from intermediate.views.answers import fragment, go
from intermediate.views.predicates import wants_fragment
from intermediate.views.users import administer, reset_link


def owner_values(request: Request, query: OwnersQuery | None = None) -> dict[str, Any]:
    """Return a page of the accounts, each with its figures."""
    query = query or OwnersQuery.model_validate({})
    users, total = accounts.page(request.db, query.limit, query.offset, query.q)
    found = _figures(request, users)
    return {
        "owners": [owner_document(user, found) for user in users],
        "owners_page": {"total": total, "offset": query.offset, "limit": query.limit, "q": query.q},
        "totals": found.totals,
        "absent": found.absent,
    }


def _figures(request: Request, users: list[UserRow]) -> Found:
    name = request.registry.app_settings.analytics.backend
    return figures.read(request.analytics, name, [user.id for user in users])


def owner_document(user: UserRow, found: Found) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
        "figures": found.owners.get(user.id),
    }


@view_config(
    context=Users,
    surface="site",
    request_method="GET",
    permission=Permission.ADMIN,
    renderer="intermediate:templates/admin_users.jinja2",
)
def page(_context: Users, request: Request) -> Any:
    return page_or_fragment(request, "admin_owners", owner_values(request, read_filled(request, OwnersQuery)))


@view_config(context=User, name="change", surface="site", request_method="POST", permission=Permission.ADMIN)
def change(context: User, request: Request) -> Any:
    """Change an account's role, or switch the account off or on."""
    try:
        wanted = UserChange.model_validate(form_values(request))
    except ValidationError as error:
        raise invalid(error, "body") from None
    administer(request, context.user.id, wanted)
    try:
        user = accounts.get(request.db, context.user.id)
    except KeyError:  # deleted since it was looked up
        raise HTTPNotFound from None
    said = _words(user, wanted)
    if user.id == context.signed_in().user_id and not (user.role == "admin" and user.is_active):
        return go(request, "/account", said)  # they may no longer see this page
    if wants_fragment(request):
        return fragment(request, "admin_owner", owner=owner_document(user, _figures(request, [user])), said=said)
    return redirect_back(request, said)


@view_config(context=User, name="reset-link", surface="site", request_method="GET", permission=Permission.ADMIN)
def sent_before(_context: User, _request: Request) -> Response:
    """Redirect a GET of the form's URL, which the browser's address bar shows with the link."""
    return HTTPSeeOther("/admin/users")


@view_config(
    context=User,
    name="reset-link",
    surface="site",
    request_method="POST",
    permission=Permission.ADMIN,
    renderer="intermediate:templates/admin_users.jinja2",
)
def make_link(context: User, request: Request) -> Any:
    """Create a reset link. It is shown once, in this response: a redirect could not carry it."""
    user = context.user
    made = {**reset_link(request, user), "email": user.email}
    if wants_fragment(request):
        owner = owner_document(user, _figures(request, [user]))
        return fragment(request, "admin_owner", status=201, owner=owner, made=made)
    request.response.status_code = 201
    return owner_values(request, OwnersQuery.model_validate({"q": user.email})) | {"made": made}


def _words(user: UserRow, wanted: UserChange) -> str:
    who = {"email": user.email}
    if "is_active" in wanted.model_fields_set:
        on, off = _("Switched on ${email}.", mapping=who), _("Switched off ${email}.", mapping=who)
        return on if user.is_active else off
    if user.role == "admin":
        return _("${email} is now an administrator.", mapping=who)
    return _("${email} is no longer an administrator.", mapping=who)
