"""`/docs` and `/redoc`: the API's description drawn by Swagger UI and by ReDoc, from files of this package."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from intermediate.request import Request
from intermediate.resources import Root
from intermediate.tweens import site_policy

# Both carry their icons as data.
SWAGGER_UI = site_policy({"img-src": "data:"})
# ReDoc adds its styles rule by rule to an empty <style>, and one text as a whole, which are known by their hashes; and
# it searches in a worker that it carries along. Neither program needs `unsafe-inline`.
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
    """A page under its own security policy; a plain 404 where `api.docs` is off."""
    if not request.registry.app_settings.api.docs:
        raise HTTPNotFound
    request.response.headers["Content-Security-Policy"] = policy
    return {}
