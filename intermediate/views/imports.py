"""Import of tasks from a file: `/api/tasks/import` queues the job, `/api/jobs/7/result` returns its result."""

import hashlib
import io
import re
from typing import Any

from pyramid.view import view_config

from intermediate import import_job, queueing
from intermediate.importing import ImportFileError, check_beginning
from intermediate.openapi.jobs import GET_RESULT
from intermediate.openapi.tasks import IMPORT_TASKS
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Job, Tasks
from intermediate.schemas.documents import JobDocument
from intermediate.security import Permission
from intermediate.views.jobs import accepted

FIELD = "file"
MOST_PARTS = 10
# Only the usual spelling: in others, this module and WebOb could read different boundaries, and count different parts.
_FORM = re.compile(
    r"""multipart/form-data(?:;\s*charset=[\w-]+)?;\s*boundary=("?)([!#-:<-\[\]-~]{1,100})\1(?:;\s*charset=[\w-]+)?""",
    re.ASCII | re.IGNORECASE,
)
_BLANK_LINE = re.compile(rb"\n\s*\n")


@view_config(
    context=Tasks,
    name="import",
    surface="api",
    request_method="POST",
    permission=Permission.EDIT,
    renderer="json",
    idempotent=True,
    operation=IMPORT_TASKS,
)
def ask(context: Tasks, request: Request) -> JobDocument:
    """Accept a CSV file, and return the job that imports it."""
    data = uploaded(request)
    try:
        check_beginning(io.BytesIO(data))
    except ImportFileError as error:
        errors = [{"loc": ["body"], "msg": str(error), "type": "invalid_file"}]
        raise Problem(422, "invalid_file", f"The file cannot be imported: {error}", errors=errors) from None
    job = queueing.ask(request, import_job.KIND, context.owner, sha256=hashlib.sha256(data).hexdigest())
    import_job.keep(request.db, job.id, data)
    return accepted(request, job)


@view_config(context=Job, name="result", surface="api", request_method="GET", renderer="json", operation=GET_RESULT)
def result(context: Job, request: Request) -> dict[str, Any]:
    found = import_job.result(request.db, context.job.id)
    if found is None:
        raise Problem(404, "no_result", "This job has no import result. See its result_url.")
    return found


def uploaded(request: Request) -> bytes:
    """Return the uploaded file: the request's body, or the only field of a form."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "unsupported_media_type", "Send the file without Content-Encoding.")
    most = request.registry.app_settings.imports.max_bytes
    if request.content_type == "multipart/form-data":
        data = of_form(request)
    elif request.content_type == "text/csv":
        if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
            raise Problem(415, "unsupported_media_type", "Send the file as UTF-8.")
        data = request.body
    else:
        raise Problem(415, "unsupported_media_type", "Send text/csv, or multipart/form-data with the field file.")
    if len(data) > most:
        raise Problem(413, "too_large", f"The file can be at most {most} bytes.")
    return data


def of_form(request: Request) -> bytes:
    """Return the file of a form. Parts are limited and not nested, since WebOb parses them all in memory."""
    form = _FORM.fullmatch(request.headers["Content-Type"].strip())
    parts = request.body.split(b"--" + form[2].encode(), MOST_PARTS + 1) if form else []
    if not 0 < len(parts) <= MOST_PARTS + 1:
        raise Problem(400, "malformed_form", f"The form has no boundary, or more than {MOST_PARTS} parts.")
    if any(b"multipart/" in _BLANK_LINE.split(part.lstrip(), 1)[0].lower() for part in parts):
        raise Problem(400, "malformed_form", "A part of the form must not have parts of its own.")
    try:
        fields = list(request.POST.items())
    except (ValueError, LookupError, DeprecationWarning):
        raise Problem(400, "malformed_form", "The form cannot be read.") from None
    files = [field for _, field in fields if hasattr(field, "file")]
    try:
        if [name for name, _ in fields] != [FIELD] or not files:
            errors = [{"loc": ["body", FIELD], "msg": "Send one file, as the field file", "type": "missing"}]
            raise Problem(422, "validation_error", "The form should have one file, and nothing else.", errors=errors)
        return bytes(files[0].file.read())
    finally:
        for field in files:
            field.file.close()
