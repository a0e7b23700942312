"""Choices for one browser: theme and language. The defaults come from the system and the browser.

Each is kept in a cookie, so that the server renders pages correctly, also without a login.
"""

from collections.abc import Container

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate.i18n import COOKIE as LANGUAGE
from intermediate.i18n import LANGUAGES
from intermediate.request import Request
from intermediate.resources import Root
from intermediate.schemas.reading import form_values
from intermediate.templating import THEMES
from intermediate.tweens import YEAR
from intermediate.views.answers import safe_path

THEME = "theme"


def theme(request: Request) -> str:
    """`request.theme`."""
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in THEMES else "system"


def here(request: Request) -> str:
    """`request.here`: the path and query of the page, for forms that lead back to it; "/" if it is no page."""
    if request.method not in ("GET", "HEAD"):
        return "/"
    try:
        return str(request.path_qs)
    except UnicodeDecodeError:
        return "/"


def keep(request: Request, answer: Response, name: str, choice: str | None) -> None:
    """Keep a choice in a cookie for a year; with None, delete the cookie."""
    if choice is None:
        answer.delete_cookie(name)
    else:
        secure = request.registry.app_settings.session.secure_cookie
        answer.set_cookie(name, choice, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")


# No CSRF token: pages that start no session have these switches, too. `intermediate.sanity` refuses forms of other
# sites anyway, and they could change nothing but theme and language.
@view_defaults(context=Root, surface="site", request_method="POST", require_csrf=False)
class Choices:
    def __init__(self, _root: Root, request: Request) -> None:
        self.request = request

    @view_config(name="theme")
    def theme(self) -> Response:
        return self._keep(THEME, ("light", "dark"))

    @view_config(name="language")
    def language(self) -> Response:
        return self._keep(LANGUAGE, LANGUAGES)

    def _keep(self, name: str, known: Container[str]) -> Response:
        """Keep a known choice, or delete the previous one, and redirect back to the page."""
        form = form_values(self.request)
        answer = HTTPSeeOther(safe_path(form.get("back", ""), "/"))
        keep(self.request, answer, name, form[name] if form.get(name) in known else None)
        return answer


def includeme(config: Configurator) -> None:
    config.add_request_method(theme, reify=True)
    config.add_request_method(here, reify=True)
