"""Accounts in the API: the caller's own at `/api/users/me`, and all accounts for administrators."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import PydanticCustomError
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import accounts
from intermediate.i18n import _
from intermediate.logins.passwords import refuse_guessable
from intermediate.models import User as UserRow
from intermediate.openapi.accounts import (
    CHANGE_ME,
    CHANGE_USER,
    DELETE_ME,
    DELETE_USER,
    GET_ME,
    GET_USER,
    LIST_USERS,
    MAKE_RESET_LINK,
)
from intermediate.plugins.base import Capability
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Me, User, Users
from intermediate.schemas.accounts import AccountChange, UserChange, UsersQuery, user_document
from intermediate.schemas.documents import ResetLinkDocument, UserDocument, UserPage
from intermediate.schemas.reading import MERGE_PATCH, read_json, read_query
from intermediate.schemas.tasks import iso
from intermediate.security import Identity, Permission
from intermediate.views.auth import EMAIL_TAKEN, check_password
from intermediate.views.paging import page_links

log = logging.getLogger(__name__)
LAST_ADMIN = _("This is the only administrator account. Make another account an administrator first.")
NO_PASSWORDS = _("Accounts have no passwords here; your address comes from the service that signs you in")


def change(request: Request, who: Identity, wanted: AccountChange) -> None:
    """Change the caller's account, or raise Problem. A new password ends all logins, the caller's included.

    Passwords are checked and hashed before the first write, which on SQLite blocks other writers.
    """
    hashed = _hashed(request, who, wanted)
    if wanted.email:
        try:
            accounts.set_email(request.db, who.user_id, wanted.email)
        except accounts.EmailTakenError:
            raise Problem(409, "email_taken", EMAIL_TAKEN) from None
    if hashed:
        accounts.set_password(request.db, who.user_id, hashed)


def _hashed(request: Request, who: Identity, wanted: AccountChange) -> str | None:
    """Return the hash of the new password, or None without one. Raise Problem if the change is refused."""
    named = sorted(wanted.model_fields_set)
    if named and Capability.REGISTRATION not in request.auth.capabilities:
        raise _mistakes(named, NO_PASSWORDS, "no_passwords")
    if wanted.new_password:
        try:
            refuse_guessable(wanted.new_password, wanted.email or who.email)
        except PydanticCustomError as error:
            raise _mistakes(["new_password"], error.message(), error.type) from None
    if not (wanted.email or wanted.new_password):
        return None
    if check_password(request, who.email, wanted.current_password) != who.user_id:
        raise Problem(403, "wrong_password", _("The current password is incorrect. Nothing was changed."))
    return request.auth.hash_password(wanted.new_password) if wanted.new_password else None


def _mistakes(fields: list[str], message: str, kind: str) -> Problem:
    errors = [{"loc": ["body", name], "msg": message, "type": kind} for name in fields]
    return Problem(422, "validation_error", _("The request is not valid; see errors."), errors=errors)


@contextmanager
def an_admin_stays() -> Iterator[None]:
    try:
        yield
    except accounts.LastAdminError:
        raise Problem(409, "last_admin", LAST_ADMIN) from None


def administer(request: Request, user_id: int, wanted: UserChange) -> None:
    """Change an account's role, or switch the account off or on. This takes effect with its next request."""
    with an_admin_stays():
        accounts.administer(request.db, user_id, wanted.model_dump(exclude_unset=True))


def reset_link(request: Request, user: UserRow) -> ResetLinkDocument:
    """Create a link that sets a new password for this account, once. The link is not stored or logged."""
    if Capability.REGISTRATION not in request.auth.capabilities:
        raise Problem(409, "no_passwords", _("The service that signs people in can help anyone who is locked out."))
    if not user.is_active:
        raise Problem(409, "account_off", _("Switch the account on first, then create a link."))
    token, ends_at = request.registry.reset_links.make(user)
    log.info("reset_link_made", extra={"user_id": user.id, "by": request.authenticated_userid})
    link = request.resource_url(request.root, "auth", "reset", query={"token": token})
    return {"link": link, "expires_at": iso(ends_at)}


class AccountApi:
    """Base class of the views of the caller's account and of other accounts."""

    def __init__(self, context: Any, request: Request) -> None:
        self.context = context
        self.request = request

    def _remove(self, user_id: int) -> Response:
        """Delete an account for good, with tasks, logins and report. The analytics sink follows soon after."""
        with an_admin_stays():
            accounts.remove(self.request.db, self.request.tasks, user_id, self.request.id)
        return Response(status=204, content_type=None)

    def _document(self, user_id: int) -> UserDocument:
        try:
            return user_document(accounts.get(self.request.db, user_id))
        except KeyError:  # deleted since it was looked up
            raise HTTPNotFound from None


@view_defaults(context=Me, surface="api", renderer="json")
class MeApi(AccountApi):
    @view_config(request_method="GET", operation=GET_ME)
    def show(self) -> UserDocument:
        return user_document(self.context.signed_in())

    @view_config(request_method="PATCH", permission=Permission.EDIT, operation=CHANGE_ME)
    def patch(self) -> UserDocument:
        change(self.request, self.context.signed_in(), read_json(self.request, AccountChange, MERGE_PATCH))
        return self._document(self.context.owner)

    @view_config(request_method="DELETE", permission=Permission.EDIT, operation=DELETE_ME)
    def delete(self) -> Response:
        return self._remove(self.context.owner)


@view_config(
    context=Users,
    surface="api",
    request_method="GET",
    permission=Permission.ADMIN,
    renderer="json",
    operation=LIST_USERS,
)
def page(_context: Users, request: Request) -> UserPage:
    """List all accounts, newest first."""
    query = read_query(request, UsersQuery)
    found, total = accounts.page(request.db, query.limit, query.offset)
    request.response.headers["Link"] = page_links(request, total, query.limit, query.offset)
    items = [user_document(user) for user in found]
    return {"items": items, "total": total, "limit": query.limit, "offset": query.offset}


@view_defaults(context=User, surface="api", renderer="json", permission=Permission.ADMIN)
class UserApi(AccountApi):
    @view_config(request_method="GET", operation=GET_USER)
    def show(self) -> UserDocument:
        return user_document(self.context.user)

    @view_config(request_method="PATCH", operation=CHANGE_USER)
    def patch(self) -> UserDocument:
        """Change the role, or switch the account off or on."""
        administer(self.request, self.context.user.id, read_json(self.request, UserChange, MERGE_PATCH))
        return self._document(self.context.user.id)

    @view_config(request_method="DELETE", operation=DELETE_USER)
    def delete(self) -> Response:
        return self._remove(self.context.user.id)

    @view_config(name="reset-link", request_method="POST", operation=MAKE_RESET_LINK)
    def reset_link(self) -> ResetLinkDocument:
        self.request.response.status_code = 201
        return reset_link(self.request, self.context.user)
