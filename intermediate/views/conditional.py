"""Conditional requests (RFC 9110, sections 8.8 and 13): entity tags, 304 and 412.

A task has a strong tag. `If-Match` with it keeps two editors from losing each other's change: the store compares once
more while it writes. Lists and statistics have weak tags (`intermediate.reads`), which are known before they are read.
"""

import re

from pyramid.response import Response

from intermediate.models.base import EPOCH, MICROSECOND
from intermediate.plugins.tasks.interface import Task
from intermediate.problems import Problem
from intermediate.request import Request

# WebOb's parser overlooks what follows a comma without a space, and takes what is no tag for one.
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
SEPARATORS = " \t,"
WEAK = "W/"


def task_tag(task: Task) -> str:
    """The tag of one state of a task. The time tells apart what a restored backup counts again."""
    return f'"{task.version}-{(task.updated_at - EPOCH) // MICROSECOND:x}"'


def tag(response: Response, tag: str) -> Response:
    """Let the client keep this answer, and ask each time whether it still holds."""
    response.headerlist += [("ETag", tag), ("Cache-Control", "private, no-cache")]
    return response


def unchanged(request: Request, current: str) -> Response | None:
    """The answer 304 if the client has what it asks for, else None. 412 if it asks only for what is no longer there."""
    check(request, current)
    if not names(request, "If-None-Match", current, weakly=True):
        return None
    return tag(Response(status=304, content_type=None), current)


def wanted_version(request: Request, task: Task) -> int | None:
    """The version that a change is for, or None if it is for any. 412 if it is for another state of the task."""
    current = task_tag(task)
    check(request, current)
    if names(request, "If-None-Match", current, weakly=True):
        raise Problem(412, "precondition_failed", "The task exists, which If-None-Match rules out.")
    return None if request.headers.get("If-Match", "*").strip() == "*" else task.version


def check(request: Request, current: str) -> None:
    """412 unless `If-Match`, if there is one, names the current state."""
    if "If-Match" in request.headers and not names(request, "If-Match", current, weakly=False):
        raise stale()


def stale() -> Problem:
    return Problem(
        412, "stale_version", "The resource has changed since the version in If-Match. GET it and decide again."
    )


def names(request: Request, header: str, current: str, *, weakly: bool) -> bool:
    """Whether a header names this tag. One that is no list of tags names none; `*` names any."""
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
