"""Tasks on the site: `/notes`."""

import json
from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import reads
from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.request import Request
from intermediate.resources import Task, Tasks
from intermediate.schemas.base import form_values, invalid, read_query
from intermediate.schemas.tasks import TaskIn, TasksQuery, task_document
from intermediate.security import Permission
from intermediate.views.predicates import wants_fragment


@view_defaults(context=Tasks, surface="site")
class NotesViews:
    def __init__(self, context: Tasks, request: Request) -> None:
        self.context = context
        self.request = request

    def page(self, query: TaskQuery) -> dict[str, Any]:
        """The list as the template shows it, read through the same cache as the API's."""
        who = self.context.signed_in()
        listed, _ = reads.tasks_page(self.request, who, query)
        counts, _ = reads.tasks_stats(self.request, who)
        return {
            "page": json.loads(listed),
            "stats": json.loads(counts),
            "query": query,
            "form": {},
            "errors": {},
        }

    @view_config(request_method="GET", renderer="intermediate:templates/notes.jinja2")
    def show(self) -> dict[str, Any]:
        return self.page(read_query(self.request, TasksQuery).to_query())

    @view_config(request_method="POST", permission=Permission.EDIT, renderer="intermediate:templates/notes.jinja2")
    def create(self) -> Any:
        values = form_values(self.request)
        try:
            new = TaskIn.model_validate({name: value for name, value in values.items() if value})
        except ValidationError as error:
            return self._again(values, error)
        [task_id] = self.request.tasks.add(self.context.owner, [new.to_new()])
        if not wants_fragment(self.request):
            self.request.session.flash("Added.")
            return HTTPSeeOther("/notes")
        task = self.request.tasks.get(self.context.owner, task_id)
        return fragment(self.request, "note_added", task=task_document(task))

    def _again(self, values: dict[str, str], error: ValidationError) -> Any:
        errors = {str(one["loc"][-1]): one["msg"] for one in invalid(error, "body").errors or ()}
        if wants_fragment(self.request):
            return fragment(self.request, "note_form", status=422, form=values, errors=errors)
        self.request.response.status_code = 422
        return self.page(TaskQuery()) | {"form": values, "errors": errors}


@view_config(context=Task, name="toggle", surface="site", request_method="POST", permission=Permission.EDIT)
def toggle(context: Task, request: Request) -> Response:
    """Pending or in progress becomes completed, and completed becomes pending."""
    status = "pending" if context.task.status == "completed" else "completed"
    task = request.tasks.change(context.task.owner_id, context.task.id, {"status": status})
    if wants_fragment(request):
        return fragment(request, "note_row", task=task_document(task))
    return HTTPSeeOther("/notes")


def fragment(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """A part of a page, for HTMX."""
    from pyramid.renderers import render_to_response

    response = render_to_response(
        f"intermediate:templates/fragments/{name}.jinja2", values, request, response=Response()
    )
    response.status_code = status
    return response
