"""`/` and `/api`: the home page, and the API's index."""

from importlib.metadata import version
from typing import Any

from pyramid.view import view_config

from intermediate.i18n import _
from intermediate.openapi.start import SHOW_INDEX
from intermediate.plugins import KINDS, backend_names
from intermediate.plugins.base import Capability
from intermediate.request import Request
from intermediate.resources import Api, Root
from intermediate.templating import SITE

PURPOSES = {
    "auth": _("Who you are"),
    "tasks": _("Where tasks live"),
    "cache": _("Faster reads"),
    "jobs": _("Background work"),
    "analytics": _("Reports for all"),
}


@view_config(context=Root, surface="site", request_method="GET", renderer="intermediate:templates/home.jinja2")
def home(_root: Root, request: Request) -> dict[str, Any]:
    """Show the five slots with their health. Backends by name only: where a service runs is not public."""
    settings, health = request.registry.app_settings, request.registry.checks.glance()
    slots = [
        {
            "kind": kind,
            "purpose": PURPOSES[kind],
            "chosen": getattr(settings, kind).backend,
            "names": backend_names(kind),
            "health": _health(health[kind]),
        }
        for kind in KINDS
    ]
    return {"slots": slots, "docs": settings.api.docs, "ini": request.registry.settings.get("intermediate.ini", "")}


def _health(check: dict[str, str]) -> str:
    return "ok" if check["status"] == "ok" else "slow" if check["reason"] == "no_answer" else "failed"


@view_config(context=Api, surface="api", request_method="GET", renderer="json", operation=SHOW_INDEX)
def index(_api: Api, request: Request) -> dict[str, Any]:
    logins = {
        "register": ("/api/auth/register", Capability.REGISTRATION),
        "login": ("/api/auth/login", Capability.PASSWORDS),
    }
    pages = {"docs": "/docs", "redoc": "/redoc"}
    return {
        "name": SITE,
        "version": version("intermediate"),
        "links": {
            **{name: path for name, (path, needed) in logins.items() if needed in request.auth.capabilities},
            "me": "/api/users/me",
            "tasks": "/api/tasks",
            "jobs": "/api/jobs",
            "task_report": "/api/jobs/task-report",
            "health": "/healthz",
            "openapi": "/openapi.json",
            **(pages if request.registry.app_settings.api.docs else {}),
        },
    }
