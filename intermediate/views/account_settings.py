"""The sections of `/account` for display settings: time zone and keyboard shortcuts."""

from typing import Any

from pyramid.view import view_config, view_defaults

from intermediate import accounts
from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.resources import Me
from intermediate.schemas.reading import form_values
from intermediate.security import Permission
from intermediate.views.account import PAGE, AccountPage
from intermediate.views.choices import keep
from intermediate.views.words import NOT_ON_OFFER

SHORTCUTS = "shortcuts"
SAID = {
    "on": _("Keyboard shortcuts are on in this browser."),
    "off": _("Keyboard shortcuts are off in this browser."),
}


@view_defaults(context=Me, surface="site", request_method="POST", permission=Permission.EDIT)
class SettingsViews(AccountPage):
    @view_config(name="time-zone", renderer=PAGE)
    def time_zone(self) -> Any:
        name = form_values(self.request).get("time_zone", "") or None
        try:
            accounts.set_time_zone(self.request.db, self.context.owner, name)
        except accounts.UnknownZoneError:
            return self.show_section("zone", 422, errors={"time_zone": NOT_ON_OFFER})
        if not name:
            return self.done(_("The time zone will be detected at the next login."))
        return self.done(_("Times are now shown in ${zone}.", mapping={"zone": name}))

    @view_config(name="shortcuts")
    def shortcuts(self) -> Any:
        """Switch shortcuts on or off for this browser: some keyboards and assistive technologies need the keys."""
        wanted = form_values(self.request).get("shortcuts", "")
        if wanted not in SAID:
            raise Problem(422, "validation_error", _("Shortcuts can be on or off."))
        answer = self.done(SAID[wanted])
        keep(self.request, answer, SHORTCUTS, "off" if wanted == "off" else None)
        return answer
