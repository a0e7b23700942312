"""How the views of `/admin` answer."""

from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from intermediate.request import Request
from intermediate.views.answers import say

PAGES = ("/admin", "/admin/users", "/admin/jobs")


def told(request: Request, text: str) -> Response:
    """A message, on the page that the form was on: the list as it was, if it was one of ours."""
    say(request, text)
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.host or came_from.path not in PAGES or not came_from.query.isascii():
        return HTTPSeeOther("/admin")
    return HTTPSeeOther(came_from.path + (f"?{came_from.query}" if came_from.query else ""))
