"""The owner that a request refers to, where it can name one: the caller or, for administrators, any account."""

from pyramid.httpexceptions import HTTPForbidden

from intermediate import accounts
from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.security import Identity


def owner_of(request: Request, who: Identity, owner_id: int | None) -> Identity:
    """Return the named owner, or the caller if none is named. 403 for non-administrators; 404 for no such account."""
    if owner_id is None or owner_id == who.user_id:
        return who
    if not who.is_admin:
        raise HTTPForbidden
    try:
        return Identity.of(accounts.get(request.db, owner_id))
    except KeyError:
        raise Problem(404, "not_found", _("There is no such account.")) from None
