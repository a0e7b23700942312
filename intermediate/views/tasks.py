"""Tasks in the API: `/api/tasks`."""

from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import reads
from intermediate.request import Request
from intermediate.resources import Task, Tasks
from intermediate.schemas.base import read_json, read_query
from intermediate.schemas.tasks import TaskIn, TasksQuery, task_document
from intermediate.security import Permission


@view_defaults(context=Tasks, surface="api")
class TasksApi:
    def __init__(self, context: Tasks, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def list(self) -> Response:
        query = read_query(self.request, TasksQuery).to_query()
        body, _ = reads.tasks_page(self.request, self.context.signed_in(), query)
        return json_bytes(self.request, body)

    @view_config(request_method="POST", permission=Permission.EDIT, renderer="json")
    def create(self) -> dict[str, Any]:
        new = read_json(self.request, TaskIn).to_new()
        [task_id] = self.request.tasks.add(self.context.owner, [new])
        self.request.response.status_code = 201
        self.request.response.location = f"/api/tasks/{task_id}"
        return task_document(self.request.tasks.get(self.context.owner, task_id))


@view_config(context=Task, surface="api", request_method="GET", renderer="json")
def show(context: Task, _request: Request) -> dict[str, Any]:
    return task_document(context.task)


def json_bytes(request: Request, body: bytes) -> Response:
    """JSON that is bytes already."""
    response = request.response
    response.content_type, response.charset = "application/json", "utf-8"
    response.body = body
    return response
