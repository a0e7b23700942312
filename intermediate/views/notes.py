"""The list of tasks on the site: `/notes`. Forms work by POST, redirect and flash, and with HTMX by fragments."""

import json
from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from intermediate import reads
from intermediate.request import Request
from intermediate.resources import Tasks
from intermediate.schemas.base import form_values
from intermediate.schemas.tasks import task_document
from intermediate.security import Permission
from intermediate.views.answers import counted, fragment, notes_address, say
from intermediate.views.note_form import NARROWING, new_task, read_filters
from intermediate.views.predicates import wants_fragment
from intermediate.views.words import field_errors

SORT_WORDS = {
    "-created_at": "Newest first",
    "created_at": "Oldest first",
    "-updated_at": "Last changed",
    "due_at": "Due date",
    "-priority": "Priority",
    "title": "Title",
}


@view_defaults(context=Tasks, surface="site")
class NotesViews:
    """The list, and adding to it."""

    def __init__(self, context: Tasks, request: Request) -> None:
        self.context = context
        self.request = request

    def page(self) -> dict[str, Any]:
        """The list as templates show it, read through the same cache as the API's."""
        who = self.context.signed_in()
        asked, filters, usable = read_filters(self.request)
        listed, _ = reads.tasks_page(self.request, who, asked.to_query())
        counts, _ = reads.tasks_stats(self.request, who)
        return {
            "page": json.loads(listed),
            "stats": json.loads(counts),
            "sort": asked.sort,
            "sorts": {asked.sort: asked.sort} | SORT_WORDS,
            "filters": filters,
            "narrowed": any(name in filters for name in NARROWING),
            "usable": usable,
            "address": lambda **changes: notes_address(filters | changes),
            "form": {},
            "errors": {},
        }

    @view_config(request_method="GET", renderer="intermediate:templates/notes.jinja2")
    def show(self) -> Any:
        values = self.page()
        page = values["page"]
        if page["offset"] and page["offset"] >= page["total"]:
            last = max(0, page["total"] - 1) // page["limit"] * page["limit"]
            return HTTPSeeOther(values["address"](offset=last))
        if wants_fragment(self.request):
            response = fragment(self.request, "note_list", **values)
            response.headers["HX-Push-Url"] = values["address"]()
            return response
        self.request.response.status_code = 200 if values["usable"] else 422
        return values

    @view_config(request_method="POST", permission=Permission.EDIT, renderer="intermediate:templates/notes.jinja2")
    def create(self) -> Any:
        form = form_values(self.request)
        try:
            new = new_task(form, self.request.time_zone)
        except ValidationError as error:
            return self._again(form, field_errors(error))
        [task_id] = self.request.tasks.add(self.context.owner, [new.to_new()])
        if not wants_fragment(self.request):
            say(self.request, "Added.")
            return HTTPSeeOther("/notes")
        task = task_document(self.request.tasks.get(self.context.owner, task_id))
        return fragment(self.request, "note_added", task=task, stats=counted(self.request, self.context.owner))

    def _again(self, form: dict[str, str], errors: dict[str, str]) -> Any:
        if wants_fragment(self.request):
            response = fragment(self.request, "note_form", status=422, form=form, errors=errors, focus=True)
            response.headers.update({"HX-Retarget": "#add", "HX-Reswap": "outerHTML"})
            return response
        values = self.page()
        self.request.response.status_code = 422
        return values | {"form": form, "errors": errors}
