"""What somebody has written in a form that could not be taken: the page that says so keeps it, to be sent again."""

from urllib.parse import urlsplit

from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.schemas.base import form_values
from intermediate.views.note_form import LABELS
from intermediate.views.predicates import wants_fragment

WRITTEN = ("title", "description", "tags")


def typed(request: Request) -> dict[str, str] | None:
    """The fields of a task's form, or None. Other forms hold passwords, or nothing that one would miss.

    Nor is it kept if it may be the text of another site, which must not be sent by a click.
    """
    of_a_task = request.environ.get("PATH_INFO", "").startswith("/notes")
    if request.method != "POST" or not of_a_task or wants_fragment(request) or not _from_here(request):
        return None
    try:
        form = form_values(request)
    except Problem:
        return None
    return form if any(form.get(name, "").strip() for name in WRITTEN) else None


def shown(form: dict[str, str]) -> list[tuple[str, str, str]]:
    """The fields that hold text, each with its label and its value, in the order of their form."""
    return [(name, LABELS[name], form[name]) for name in LABELS if name in form and name not in ("status", "priority")]


def _from_here(request: Request) -> bool:
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        return fetched_from == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc.lower() == request.host.lower()
