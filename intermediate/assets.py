"""Static files of the site, and the compression of files and pages.

A file's URL contains a digest of its content, so a browser that has the file never requests it again; changed content
has another URL. Files are compressed when they are first requested, pages each time.
"""

import gzip
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.static import QueryStringCacheBuster

from intermediate.request import Handler, Request
from intermediate.tweens import YEAR, add_vary

SPEC = "intermediate:static/"
ROUTE = "__static/"  # Pyramid's name for it; third parties may have routes, too
FOLDER = Path(__file__).parent / "static"
PARAMETER = "v"
SMALL = 1000  # bytes that fit into one packet anyway
OWN = ("same-origin", "none")


class Asset(NamedTuple):
    digest: str
    compressed: bytes


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> Asset:
    data = path.read_bytes()
    return Asset(sha256(data).hexdigest()[:16], gzip.compress(data, mtime=0))


def asset(name: str) -> Asset:
    """Return a file with its current content: a change needs no restart."""
    path = FOLDER / name
    return _read(path, path.stat().st_mtime_ns)


class ContentDigest(QueryStringCacheBuster):
    def tokenize(self, _request: Request, pathspec: str, _kw: Any) -> str:
        return asset(pathspec.removeprefix(SPEC)).digest


def weight_tween(handler: Handler, _registry: Any) -> Handler:
    def tween(request: Request) -> Response:
        response = handler(request)
        if response.status_code == 200 and request.matched_route and request.matched_route.name == ROUTE:
            _send_file(request, response)
        elif response.content_type == "text/html" and not response.content_encoding:
            _send_page(request, response)
        return response

    return tween


def _send_file(request: Request, response: Response) -> None:
    found = asset("/".join(request.matchdict["subpath"]))
    if request.GET.get(PARAMETER) == found.digest:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        del response.expires
    response.vary = ("Accept-Encoding",)
    if _takes_gzip(request) and len(found.compressed) < response.content_length:
        response.app_iter.close()
        response.body = found.compressed
        response.content_encoding = "gzip"


def _send_page(request: Request, response: Response) -> None:
    """Compress a page that was requested from this site, or directly by the browser's user.

    The length of a compressed page reveals whether text that an attacker puts into it occurs there already, such as a
    part of the CSRF token (BREACH). The attack makes the user's browser send many requests, from another site.
    """
    add_vary(response, "Accept-Encoding", "Sec-Fetch-Site")
    asked_here = request.headers.get("Sec-Fetch-Site") in OWN
    if asked_here and _takes_gzip(request) and (response.content_length or 0) > SMALL:
        response.encode_content("gzip")


def _takes_gzip(request: Request) -> bool:
    return bool(request.accept_encoding) and bool(request.accept_encoding.acceptable_offers(["gzip"]))


def includeme(config: Configurator) -> None:
    config.add_static_view("static", SPEC, cache_max_age=3600)
    config.add_cache_buster(SPEC, ContentDigest(PARAMETER))
    config.add_tween("intermediate.assets.weight_tween", under="intermediate.tweens.headers_tween")
