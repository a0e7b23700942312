"""CORS: pages whose origin is exactly one of `api.allowed_origins` may call the API from a browser.

They may read every response, errors included. Credentials are never allowed: the API accepts none that a browser adds
by itself. The pages of the site are closed to other origins.
"""

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from intermediate.request import Handler, Request
from intermediate.tweens import add_vary

READABLE = (
    "Allow, Content-Disposition, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, "
    "X-Cache, X-Request-ID"
)
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-ID"
    ),
    "Access-Control-Max-Age": "600",
}


def cors_tween(handler: Handler, registry: Any) -> Handler:
    allowed = frozenset(registry.app_settings.api.allowed_origins)

    def tween(request: Request) -> Response:
        response = handler(request)
        if not is_of_api(request):
            return response
        origin, headers = request.environ.get("HTTP_ORIGIN"), {}
        if origin in allowed:
            headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": READABLE}
        if is_preflight(request):  # for every path: a browser sends it without the token of the request
            response = Response(status=204, content_type=None)
            response.vary = ("Access-Control-Request-Method", "Access-Control-Request-Headers")
            headers.update(PREFLIGHT if headers else {})
        if headers:
            response.headers.update(headers)
        add_vary(response, "Origin")
        return response

    return tween


def is_preflight(request: Request) -> bool:
    asked = request.method == "OPTIONS" and "Origin" in request.headers
    return asked and "Access-Control-Request-Method" in request.headers


def is_of_api(request: Request) -> bool:
    """Return whether a request is for the API, even if it was refused before traversal and has no surface."""
    path = request.environ.get("PATH_INFO", "")
    return request.surface == "api" or (request.surface is None and (path == "/api" or path.startswith("/api/")))


def includeme(config: Configurator) -> None:
    config.add_tween("intermediate.cors.cors_tween", under="intermediate.tweens.headers_tween")
