"""Whose things a request is about, where it may name somebody: the caller's own, or for an administrator anybody's."""

from pyramid.httpexceptions import HTTPForbidden

from intermediate import accounts
from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.security import Identity


def owner_of(request: Request, who: Identity, owner_id: int | None) -> Identity:
    """The owner that is named, as that account is now, or else the caller. 403 for others than administrators; 404."""
    if owner_id is None or owner_id == who.user_id:
        return who
    if not who.is_admin:
        raise HTTPForbidden
    try:
        return Identity.of(accounts.get(request.db, owner_id))
    except KeyError:
        raise Problem(404, "not_found", _("There is no such account.")) from None
