"""Light or dark: what the system says, or what somebody chose. A cookie keeps it, so that a page never flashes."""

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from intermediate.request import Request
from intermediate.resources import Root
from intermediate.schemas.base import form_values
from intermediate.templating import THEMES
from intermediate.tweens import YEAR
from intermediate.views.answers import safe_path

COOKIE = "theme"


def theme(request: Request) -> str:
    """`request.theme`."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in THEMES else "system"


def here(request: Request) -> str:
    """`request.here`: the address of a page, for a form on it that leads back. What is no page has none."""
    if request.method not in ("GET", "HEAD"):
        return "/"
    try:
        return str(request.path_qs)
    except UnicodeDecodeError:
        return "/"


# Without a CSRF token, since pages that start no session have the switch, too. A form of another site is refused all
# the same (intermediate.sanity), and could change nothing but colours.
@view_config(context=Root, name="theme", surface="site", request_method="POST", require_csrf=False)
def switch(_root: Root, request: Request) -> Response:
    """Keep the choice for a year, and go back to where it was made."""
    form = form_values(request)
    answer = HTTPSeeOther(safe_path(form.get("back", ""), "/"))
    if form.get("theme") in ("light", "dark"):
        secure = request.registry.app_settings.session.secure_cookie
        answer.set_cookie(COOKIE, form["theme"], max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE)
    return answer


def includeme(config: Configurator) -> None:
    config.add_request_method(theme, reify=True)
    config.add_request_method(here, reify=True)
