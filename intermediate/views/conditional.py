"""Conditional requests (RFC 9110, sections 8.8 and 13): entity tags, 304 and 412.

A task has a strong tag. With `If-Match`, two editors do not overwrite each other: the store compares the version again
in its write. Lists and statistics have weak tags (`intermediate.reads`), which are known without reading them.
"""

import re

from pyramid.response import Response

from intermediate.models.base import EPOCH, MICROSECOND
from intermediate.plugins.tasks.interface import Task
from intermediate.problems import Problem
from intermediate.request import Request

# WebOb's parser ignores what follows a comma without a space, and accepts text that is no tag.
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
SEPARATORS = " \t,"
WEAK = "W/"


def task_tag(task: Task) -> str:
    """Return the tag of a task's state. It includes the time, since a restored backup repeats version numbers."""
    return f'"{task.version}-{(task.updated_at - EPOCH) // MICROSECOND:x}"'


def tag(response: Response, tag: str) -> Response:
    """Add the ETag, and let the client cache the response if it revalidates each time."""
    response.headerlist += [("ETag", tag), ("Cache-Control", "private, no-cache")]
    return response


def unchanged(request: Request, current: str) -> Response | None:
    """Return a 304 response if `If-None-Match` names the current tag, else None. 412 if `If-Match` does not."""
    check(request, current)
    if not names(request, "If-None-Match", current, weakly=True):
        return None
    return tag(Response(status=304, content_type=None), current)


def wanted_version(request: Request, task: Task) -> int | None:
    """Return the version that a change requires, or None for any. 412 if a precondition fails."""
    current = task_tag(task)
    check(request, current)
    if names(request, "If-None-Match", current, weakly=True):
        raise Problem(412, "precondition_failed", "The task exists, which If-None-Match rules out.")
    return None if request.headers.get("If-Match", "*").strip() == "*" else task.version


def check(request: Request, current: str) -> None:
    """Raise 412 if `If-Match` is sent and does not name the current tag."""
    if "If-Match" in request.headers and not names(request, "If-Match", current, weakly=False):
        raise stale()


def stale() -> Problem:
    return Problem(
        412, "stale_version", "The resource has changed since the version in If-Match. GET it and decide again."
    )


def names(request: Request, header: str, current: str, *, weakly: bool) -> bool:
    """Whether a header names this tag. A malformed list names none; `*` names any."""
    value = request.headers.get(header)
    if value is None:
        return False
    if value.strip() == "*":
        return True
    if _TAG.sub("", value).strip(SEPARATORS):
        return False
    tags = _TAG.findall(value)
    if weakly:
        return current.removeprefix(WEAK) in {one.removeprefix(WEAK) for one in tags}
    return current in tags and not current.startswith(WEAK)
