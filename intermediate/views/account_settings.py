"""The section of `/account` for how the site behaves in this browser."""

from typing import Any

from pyramid.view import view_config, view_defaults

from intermediate.problems import Problem
from intermediate.resources import Me
from intermediate.schemas.base import form_values
from intermediate.security import Permission
from intermediate.views.account import AccountPage

SHORTCUTS = "shortcuts"
YEAR = 365 * 86400


@view_defaults(context=Me, surface="site", request_method="POST", permission=Permission.EDIT)
class SettingsViews(AccountPage):
    @view_config(name="shortcuts")
    def shortcuts(self) -> Any:
        """Keyboard shortcuts are of a browser, not of an account: some keyboards and helpers need the keys."""
        wanted = form_values(self.request).get("shortcuts", "")
        if wanted not in ("on", "off"):
            raise Problem(422, "validation_error", "Shortcuts are on or off.")
        answer = self.done(f"Keyboard shortcuts are {wanted} in this browser.")
        if wanted == "on":
            answer.delete_cookie(SHORTCUTS, path="/")
        else:
            secure = self.request.registry.app_settings.session.secure_cookie
            answer.set_cookie(SHORTCUTS, "off", max_age=YEAR, path="/", secure=secure, httponly=True, samesite="Lax")
        return answer
