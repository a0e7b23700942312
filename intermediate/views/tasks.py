"""Tasks in the API: `/api/tasks`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import reads
from intermediate.openapi.tasks import (
    CHANGE_TASK,
    COUNT_TASKS,
    CREATE_TASK,
    DELETE_TASK,
    GET_TASK,
    LIST_TASKS,
    REPLACE_TASK,
    RESTORE_TASK,
)
from intermediate.plugins.tasks.interface import StaleVersionError
from intermediate.plugins.tasks.interface import Task as TaskData
from intermediate.request import Request
from intermediate.resources import Task, Tasks, TrashedTask
from intermediate.schemas.reading import MERGE_PATCH, read_json, read_query
from intermediate.schemas.task_queries import TasksApiQuery
from intermediate.schemas.tasks import TaskChange, TaskIn
from intermediate.security import Permission
from intermediate.views import conditional
from intermediate.views.owners import owner_of
from intermediate.views.paging import cursor_links, page_links


@view_defaults(context=Tasks, surface="api")
class TasksApi:
    def __init__(self, context: Tasks, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET", operation=LIST_TASKS)
    def list(self) -> Response:
        asked = read_query(self.request, TasksApiQuery)
        who, query = owner_of(self.request, self.context.signed_in(), asked.owner_id), asked.tasks
        cursor = None if asked.cursor is None else reads.read_cursor(self.request, who, query, asked.cursor)
        page = reads.TasksPage(self.request, who, query, cursor)
        if same := conditional.unchanged(self.request, page.tag):
            return same
        body = page.read()
        response, counts = conditional.tag(json_bytes(self.request, body), page.tag), reads.counts_of(body)
        response.headers["Link"] = (
            cursor_links(self.request, query.limit, counts["next_cursor"])
            if cursor
            else page_links(self.request, counts["total"], query.limit, query.offset)
        )
        return response

    @view_config(name="stats", request_method="GET", operation=COUNT_TASKS)
    def stats(self) -> Response:
        who = self.context.signed_in()
        tag = reads.stats_tag(self.request, who)
        if same := conditional.unchanged(self.request, tag):
            return same
        return conditional.tag(json_bytes(self.request, reads.tasks_stats(self.request, who)), tag)

    @view_config(request_method="POST", permission=Permission.EDIT, idempotent=True, operation=CREATE_TASK)
    def create(self) -> Response:
        new = read_json(self.request, TaskIn).to_new()
        task = self.request.tasks.create(self.context.owner, new)
        response = tagged(self.request, task)
        response.status_code = 201
        # WebOb would make a relative one absolute, but more slowly.
        response.location = f"{self.request.host_url}/api/tasks/{task.id}"
        return response


@view_defaults(context=Task, surface="api")
class TaskApi:
    def __init__(self, context: Task, request: Request) -> None:
        self.task = context.task
        self.request = request

    @view_config(request_method="GET", operation=GET_TASK)
    def show(self) -> Response:
        return conditional.unchanged(self.request, conditional.task_tag(self.task)) or tagged(self.request, self.task)

    @view_config(request_method="PATCH", permission=Permission.EDIT, operation=CHANGE_TASK)
    def patch(self) -> Response:
        """Set the given fields (RFC 7396). An empty patch changes nothing, including the version."""
        return self._change(read_json(self.request, TaskChange, MERGE_PATCH).changes())

    @view_config(request_method="PUT", permission=Permission.EDIT, operation=REPLACE_TASK)
    def put(self) -> Response:
        """Replace the task: missing fields get their default."""
        return self._change(read_json(self.request, TaskIn).model_dump())

    @view_config(request_method="DELETE", permission=Permission.EDIT, operation=DELETE_TASK)
    def delete(self) -> Response:
        """Move the task to the trash."""
        version = conditional.wanted_version(self.request, self.task)
        with as_errors():
            self.request.tasks.remove(self.task.owner_id, self.task.id, version=version)
        return Response(status=204, content_type=None)

    def _change(self, changes: Mapping[str, Any]) -> Response:
        version = conditional.wanted_version(self.request, self.task)
        if not changes:
            return tagged(self.request, self.task)
        with as_errors():
            changed = self.request.tasks.change(self.task.owner_id, self.task.id, changes, version=version)
        return tagged(self.request, changed)


@view_config(
    context=TrashedTask,
    name="restore",
    surface="api",
    request_method="POST",
    permission=Permission.EDIT,
    operation=RESTORE_TASK,
)
def restore(context: TrashedTask, request: Request) -> Response:
    """Take the task out of the trash, unchanged."""
    with as_errors():
        return tagged(request, request.tasks.restore(context.task.owner_id, context.task.id))


@contextmanager
def as_errors() -> Iterator[None]:
    """Turn a store's errors into 404 and 412: another request may have deleted or changed the task since traversal."""
    try:
        yield
    except KeyError:
        raise HTTPNotFound from None
    except StaleVersionError:
        raise conditional.stale() from None


def tagged(request: Request, task: TaskData) -> Response:
    """Return a response with a task and its ETag."""
    return conditional.tag(json_bytes(request, reads.dump(task._asdict())), conditional.task_tag(task))


def json_bytes(request: Request, body: bytes) -> Response:
    """Return a response with a body that is already encoded as JSON."""
    response = request.response
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.body = body
    return response
