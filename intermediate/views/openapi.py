"""`/openapi.json`: the API's description for programs."""

import hashlib
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config

from intermediate.openapi.document import build
from intermediate.openapi.start import SHOW_OPENAPI
from intermediate.reads import dump
from intermediate.request import Request
from intermediate.resources import Root
from intermediate.views import conditional


class Served:
    """The document's bytes and its ETag. It is built for the first request, when all views are registered."""

    def __init__(self, registry: Any) -> None:
        self.body = dump(build(registry))
        self.tag = f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@view_config(context=Root, name="openapi.json", surface="site", request_method="GET", operation=SHOW_OPENAPI)
def openapi(_root: Root, request: Request) -> Response:
    registry = request.registry
    if not hasattr(registry, "openapi"):
        registry.openapi = Served(registry)
    served: Served = registry.openapi
    response = conditional.unchanged(request, served.tag) or conditional.tag(request.response, served.tag)
    response.headers["Cache-Control"] = "public, no-cache"
    if response.status_code == 200:
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.body = served.body
    return response
