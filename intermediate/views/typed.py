"""Restore the input of a form that could not be processed, so that it can be sent again.

This applies if the form was too old, if the database was unavailable, and if the session had ended; in the last case
the login form carries the input. Passwords are not kept, and have to be typed again. Input that may come from another
site is not kept either, since one click would send it.
"""

from collections.abc import Mapping
from typing import Any

from pyramid.renderers import render_to_response
from pyramid.response import Response

from intermediate.addresses import host_of
from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.schemas.reading import form_values
from intermediate.schemas.tasks import LABELS
from intermediate.views.answers import safe_path

SECRETS = {"password": _("Password"), "current_password": _("Current password")}
TEXTS = {*LABELS, "email", "name"} - {"status", "priority"}  # other fields are hidden
WRITTEN = TEXTS - {"due_at"}
WORDS = LABELS | SECRETS | {"email": _("E-mail address"), "name": _("Name")}
TYPES = {"due_at": "datetime-local", "email": "email"} | dict.fromkeys(SECRETS, "password")
FORMS = {
    "/auth/login": ("email", "password", "next"),
    "/auth/register": ("email", "password"),
    "/account/email": ("email", "current_password"),
    "/account/tokens": ("name", "days"),
}
KEPT = "kept"  # the field with the form's path, and the prefix of its fields' names


def typed(request: Request) -> dict[str, str] | None:
    """Return the fields of a form in which something was typed, or None."""
    if request.method != "POST" or not _from_here(request):
        return None
    try:
        form = form_values(request)
    except Problem:
        return None
    return _written(request.environ.get("PATH_INFO", ""), form)


def shown(form: Mapping[str, str]) -> list[tuple[str, Any, str, str]]:
    """Return name, label, value and input type of each visible field, in the order of the form."""
    return [
        (name, WORDS[name], text, TYPES.get(name, "text")) for name, text in form.items() if name in TEXTS | {*SECRETS}
    ]


def carried(request: Request, form: Mapping[str, str]) -> dict[str, str]:
    """Return another form's path and fields as fields of a login form."""
    return {KEPT: request.path, **{f"{KEPT}.{name}": text for name, text in form.items()}}


def still_carried(values: Mapping[str, str]) -> dict[str, str]:
    """Return the carried fields of a login form, to be carried again."""
    return {name: text for name, text in values.items() if name.partition(".")[0] == KEPT}


def restored_form(request: Request, values: Mapping[str, str]) -> Response | None:
    """Return a page with the form that a login form carried, to be sent again; None if it carried none."""
    path = safe_path(values.get(KEPT, ""), "")
    form = _written(path, {name.removeprefix(f"{KEPT}."): text for name, text in still_carried(values).items()})
    if not form:
        return None
    page = {
        "status": 200,
        "title": _("You are logged in again"),
        "detail": _("What you wrote is not saved yet."),
        "form": form,
        "fields": shown(form),
        "path": path,
        "action": path,
    }
    return render_to_response("intermediate:templates/error.jinja2", page, request)


def _written(path: str, form: Mapping[str, str]) -> dict[str, str] | None:
    names = (*LABELS, "version") if path.startswith("/notes") else FORMS.get(path, ())
    kept = {name: "" if name in SECRETS else form.get(name, "") for name in names if name in form or name in SECRETS}
    return kept if any(kept.get(name, "").strip() for name in WRITTEN) else None


def _from_here(request: Request) -> bool:
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        return fetched_from == "same-origin"
    return host_of(request.headers.get("Origin", "")) == request.host.lower()
