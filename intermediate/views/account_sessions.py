"""The section of `/account` for sessions: the list, and ending them."""

from typing import Any, ClassVar

from pyramid.view import view_config, view_defaults

from intermediate.i18n import _, ngettext
from intermediate.logins import families
from intermediate.problems import Problem
from intermediate.resources import Me
from intermediate.schemas.reading import form_values
from intermediate.security import Permission
from intermediate.views.account_login import OptionalSection
from intermediate.views.predicates import wants_fragment


@view_defaults(context=Me, surface="site", request_method="POST", permission=Permission.EDIT)
class SessionViews(OptionalSection):
    section: ClassVar = "sessions"

    @view_config(name="end")
    def end(self) -> Any:
        """End one of the other sessions."""
        ref = form_values(self.request).get("session", "")
        login = next((login for login in self._others() if login.ref == ref), None)
        if login is None:
            raise Problem(404, "not_found", _("Your account has no such session. It may have already ended."))
        families.end(self.request.db, self.context.owner, login)
        return self._answer(_("Logged out that session."))

    @view_config(name="end-others")
    def end_others(self) -> Any:
        count = len(self._others())
        if not count:
            return self._answer(_("There are no other sessions."))
        families.end_others(self.request.db, self.context.owner, self.context.signed_in().family)
        return self._answer(ngettext("Logged out the other session.", "Logged out the other ${count} sessions.", count))

    def _others(self) -> list[families.Login]:
        who = self.context.signed_in()
        return [login for login in families.listed(self.request.db, who.user_id) if login.family != who.family]

    def _answer(self, said: str) -> Any:
        return self.show_section("sessions", said=said) if wants_fragment(self.request) else self.done(said)
