"""The list of tasks on the site: `/notes`. Forms work by POST, redirect and flash, and with HTMX by fragments."""

from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Tasks
from intermediate.samples import sample_tasks
from intermediate.schemas.reading import form_values
from intermediate.schemas.tasks import task_document
from intermediate.security import Permission
from intermediate.views.answers import fragment, say
from intermediate.views.note_form import new_task
from intermediate.views.note_list import fresh_counts, list_values, trash_values
from intermediate.views.note_query import SORTS, Asked, asked_of
from intermediate.views.predicates import wants_fragment
from intermediate.views.words import field_errors

PAGE = "intermediate:templates/notes.jinja2"


@view_defaults(context=Tasks, surface="site")
class NotesViews:
    """Show the list and add tasks to it."""

    def __init__(self, context: Tasks, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET", renderer=PAGE)
    def show(self) -> Any:
        asked = asked_of(self.request)
        try:
            values = self._values(asked)
        except Problem:  # not a cursor of this list: the keys or the filters have changed
            return self._from_the_start(asked)
        if wants_fragment(self.request):
            if asked.cursor or asked.query.offset:
                return fragment(self.request, "note_more", **values)
            response = fragment(self.request, "note_list", **values)
            response.headers["HX-Push-Url"] = asked.address()
            return response
        self.request.response.status_code = 200 if asked.usable else 422
        return values

    @view_config(request_method="POST", permission=Permission.EDIT, renderer=PAGE)
    def create(self) -> Any:
        form = form_values(self.request)
        try:
            new = new_task(form, self.request.time_zone)
        except ValidationError as error:
            return self._again(form, field_errors(error))
        [task_id] = self.request.tasks.add(self.context.owner, [new.to_new()])
        if not wants_fragment(self.request):
            say(self.request, _("Added."))
            return HTTPSeeOther("/notes")
        task = task_document(self.request.tasks.get(self.context.owner, task_id))
        values = fresh_counts(self.request, self.context.owner)
        return fragment(self.request, "note_added", tasks=[task], said=_("Added."), **values)

    @view_config(name="samples", request_method="POST", permission=Permission.EDIT)
    def samples(self) -> Response:
        """Add ten sample tasks to an empty list."""
        store, days = self.request.tasks, asked_of(self.request).days
        store.add(self.context.owner, [])  # this write takes the lock, so that a second click sees the first's tasks
        if not store.stats(self.context.owner, days.now).total:
            store.add(self.context.owner, sample_tasks(days, self.request.localizer))
            say(self.request, _("Added ten sample tasks."))
        return HTTPSeeOther("/notes")

    def _values(self, asked: Asked) -> dict[str, Any]:
        """Return the template values of the list, with an empty form for a new task."""
        who = self.context.signed_in()
        values = (
            trash_values(self.request, who, asked) if asked.query.trashed else list_values(self.request, who, asked)
        )
        return {"form": {}, "errors": {}, "sorts": {asked.query.sort: asked.query.sort} | SORTS, **values}

    def _from_the_start(self, asked: Asked) -> Response:
        if wants_fragment(self.request):
            return Response(status=204, headers={"HX-Redirect": asked.address()})
        return HTTPSeeOther(asked.address())

    def _again(self, form: dict[str, str], errors: dict[str, str]) -> Any:
        if wants_fragment(self.request):
            response = fragment(self.request, "note_form", status=422, form=form, errors=errors, focus=True)
            response.headers.update({"HX-Retarget": "#add", "HX-Reswap": "outerHTML"})
            return response
        self.request.response.status_code = 422
        return self._values(asked_of(self.request)) | {"form": form, "errors": errors}
