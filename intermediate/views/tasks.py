"""Tasks in the API: `/api/tasks`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import reads
from intermediate.request import Request
from intermediate.resources import Task, Tasks
from intermediate.schemas.base import MERGE_PATCH, read_json, read_query
from intermediate.schemas.tasks import TaskChange, TaskIn, TasksCursorQuery, task_document
from intermediate.security import Permission
from intermediate.views.paging import cursor_links, page_links


@view_defaults(context=Tasks, surface="api")
class TasksApi:
    def __init__(self, context: Tasks, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def list(self) -> Response:
        who, asked = self.context.signed_in(), read_query(self.request, TasksCursorQuery)
        query = asked.to_query()
        cursor = None if asked.cursor is None else reads.read_cursor(self.request, who, query, asked.cursor)
        body, _ = reads.tasks_page(self.request, who, query, cursor)
        response, counts = json_bytes(self.request, body), reads.counts_of(body)
        response.headers["Link"] = (
            cursor_links(self.request, query.limit, counts["next_cursor"])
            if cursor
            else page_links(self.request, counts["total"], query.limit, query.offset)
        )
        return response

    @view_config(name="stats", request_method="GET")
    def stats(self) -> Response:
        body, _ = reads.tasks_stats(self.request, self.context.signed_in())
        return json_bytes(self.request, body)

    @view_config(request_method="POST", permission=Permission.EDIT, renderer="json")
    def create(self) -> dict[str, Any]:
        new = read_json(self.request, TaskIn).to_new()
        [task_id] = self.request.tasks.add(self.context.owner, [new])
        self.request.response.status_code = 201
        self.request.response.location = f"/api/tasks/{task_id}"
        return task_document(self.request.tasks.get(self.context.owner, task_id))


@view_defaults(context=Task, surface="api", renderer="json")
class TaskApi:
    def __init__(self, context: Task, request: Request) -> None:
        self.task = context.task
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> dict[str, Any]:
        return task_document(self.task)

    @view_config(request_method="PATCH", permission=Permission.EDIT)
    def patch(self) -> dict[str, Any]:
        """Set the fields that are named (RFC 7396). A patch that names none changes nothing, not even the version."""
        changes = read_json(self.request, TaskChange, MERGE_PATCH).changes()
        return self._change(changes) if changes else task_document(self.task)

    @view_config(request_method="PUT", permission=Permission.EDIT)
    def put(self) -> dict[str, Any]:
        """Replace the task: a field that is not named gets its default."""
        return self._change(read_json(self.request, TaskIn).model_dump())

    @view_config(request_method="DELETE", permission=Permission.EDIT)
    def delete(self) -> Response:
        """Into the trash."""
        with absent_is_404():
            self.request.tasks.remove(self.task.owner_id, self.task.id)
        return Response(status=204, content_type=None)

    def _change(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        with absent_is_404():
            return task_document(self.request.tasks.change(self.task.owner_id, self.task.id, changes))


@contextmanager
def absent_is_404() -> Iterator[None]:
    """Another request may have deleted the task since traversal found it."""
    try:
        yield
    except KeyError:
        raise HTTPNotFound from None


def json_bytes(request: Request, body: bytes) -> Response:
    """JSON that is bytes already."""
    response = request.response
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.body = body
    return response
