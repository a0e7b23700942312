"""`/docs` and `/redoc`: the API's documentation in Swagger UI and ReDoc, which are vendored in this package."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from intermediate.request import Request
from intermediate.resources import Root
from intermediate.tweens import site_policy

# Both embed their icons as `data:` URLs.
SWAGGER_UI = site_policy({"img-src": "data:"})
# ReDoc inserts its styles rule by rule into an empty <style>, and one as a whole: both are allowed by hash. Its search
# runs in an embedded worker. Neither program needs `unsafe-inline`.
EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
SCROLL_BARS = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
REDOC = site_policy({"img-src": "data:", "style-src": f"{EMPTY} {SCROLL_BARS}", "worker-src": "blob:"})


@view_config(
    context=Root, name="docs", surface="site", request_method="GET", renderer="intermediate:templates/docs.jinja2"
)
def docs(_root: Root, request: Request) -> dict[str, Any]:
    return _page(request, SWAGGER_UI)


@view_config(
    context=Root, name="redoc", surface="site", request_method="GET", renderer="intermediate:templates/redoc.jinja2"
)
def redoc(_root: Root, request: Request) -> dict[str, Any]:
    return _page(request, REDOC)


def _page(request: Request, policy: str) -> dict[str, Any]:
    """Return a page with its own security policy; 404 if `api.docs` is off."""
    if not request.registry.app_settings.api.docs:
        raise HTTPNotFound
    request.response.headers["Content-Security-Policy"] = policy
    return {}
