"""Tasks on the site: `/notes`. Each form works by POST, redirect and flash, and with HTMX by fragments."""

import json
from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import reads
from intermediate.models.base import utcnow
from intermediate.request import Request
from intermediate.resources import Task, Tasks
from intermediate.schemas.base import form_values
from intermediate.schemas.documents import StatsDocument
from intermediate.schemas.tasks import stats_document, task_document
from intermediate.security import Permission
from intermediate.views.answers import back, fragment, notes_address, say
from intermediate.views.note_form import NARROWING, form_of, new_task, read_filters, task_changes
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
LONGEST_SAID = 60


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
            new = new_task(form)
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


@view_defaults(context=Task, surface="site", permission=Permission.EDIT)
class NoteViews:
    """One task."""

    def __init__(self, context: Task, request: Request) -> None:
        self.task = context.task
        self.request = request

    @view_config(request_method="GET", permission=Permission.VIEW, renderer="intermediate:templates/note.jinja2")
    def show(self) -> Any:
        task = task_document(self.task)
        return (
            fragment(self.request, "note_row", task=task, focus=True)
            if wants_fragment(self.request)
            else {"task": task}
        )

    @view_config(name="edit", request_method="GET", renderer="intermediate:templates/note_edit.jinja2")
    def edit_form(self) -> Any:
        return self._form(form_of(task_document(self.task)), {}, 200)

    @view_config(name="edit", request_method="POST", renderer="intermediate:templates/note_edit.jinja2")
    def edit(self) -> Any:
        form = form_values(self.request)
        try:
            changes = task_changes(form).changes()
        except ValidationError as error:
            return self._form(form_of(task_document(self.task)) | form, field_errors(error), 422)
        return self._changed(changes, said="Saved.", focus=True)

    @view_config(name="toggle", request_method="POST")
    def toggle(self) -> Response:
        """Pending or in progress becomes completed, and completed becomes pending."""
        return self._changed({"status": "pending" if self.task.status == "completed" else "completed"})

    @view_config(name="delete", request_method="POST")
    def delete(self) -> Response:
        try:
            self.request.tasks.remove(self.task.owner_id, self.task.id)
        except KeyError:  # another request was faster
            raise HTTPNotFound from None
        title = self.task.title
        said = f"Deleted “{title if len(title) <= LONGEST_SAID else title[:LONGEST_SAID] + '…'}”."
        if wants_fragment(self.request):
            return fragment(self.request, "note_gone", said=said, stats=counted(self.request, self.task.owner_id))
        say(self.request, said)
        return HTTPSeeOther(back(self.request))

    def _form(self, form: dict[str, str], errors: dict[str, str], status: int) -> Any:
        values = {"task": task_document(self.task), "form": form, "errors": errors}
        if wants_fragment(self.request):
            return fragment(self.request, "note_edit", status=status, inline=True, **values)
        self.request.response.status_code = status
        return values

    def _changed(self, changes: dict[str, Any], *, said: str | None = None, focus: bool = False) -> Response:
        try:
            task = self.request.tasks.change(self.task.owner_id, self.task.id, changes)
        except KeyError:  # another request has deleted it
            raise HTTPNotFound from None
        if wants_fragment(self.request):
            stats = counted(self.request, self.task.owner_id)
            return fragment(self.request, "note_changed", task=task_document(task), stats=stats, said=said, focus=focus)
        if said:
            say(self.request, said)
        return HTTPSeeOther(back(self.request, f"/notes/{self.task.id}"))


def counted(request: Request, owner: int) -> StatsDocument:
    """The counts after this request's own write, which the cached ones do not know yet."""
    return stats_document(request.tasks.stats(owner, utcnow()))
