"""Export of tasks as a file: `/api/tasks/export`, and `/notes/export` on the site."""

from pyramid.response import Response
from pyramid.view import view_config

from intermediate.exporting import FORMATS, Export
from intermediate.openapi.tasks import EXPORT_TASKS
from intermediate.request import Request
from intermediate.resources import Tasks
from intermediate.schemas.reading import read_query
from intermediate.schemas.task_queries import ExportQuery


@view_config(context=Tasks, name="export", surface="site", request_method="GET")
@view_config(context=Tasks, name="export", surface="api", request_method="GET", operation=EXPORT_TASKS)
def export(context: Tasks, request: Request) -> Response:
    """Stream all matching tasks. Without a length the response is chunked; a truncated one lacks the last chunk."""
    asked = read_query(request, ExportQuery)
    form = FORMATS[asked.format]
    response = request.response
    response.app_iter = Export(request.registry, context.owner, asked.tasks, form, request.id)
    response.headers["Content-Type"] = f"{form.content_type}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="tasks.{asked.format}"'
    return response
