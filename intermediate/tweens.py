"""Tweens that give every response, errors included, a request id, security headers, and one log line."""

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.tweens import INGRESS

from intermediate.logs import about
from intermediate.request import Handler, Request

log = logging.getLogger("intermediate.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

YEAR = 31536000
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
NOTHING_ELSE = "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"


def site_policy(more: Mapping[str, str]) -> str:
    """Return the Content-Security-Policy of a page, which allows these sources besides the site's own files."""
    kinds = ("script-src", "style-src", "img-src", "font-src", "connect-src")
    own = {kind: f"'self' {more.get(kind, '')}".strip() for kind in kinds}
    sources = {"default-src": "'none'", **more, **own}
    return "; ".join([*(f"{kind} {allowed}" for kind, allowed in sources.items()), NOTHING_ELSE])


SITE = ALWAYS | {
    "Content-Security-Policy": site_policy({}),
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
API = ALWAYS | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}
HTTPS = {"Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains"}
PRIVATE = {"Cache-Control": "no-store"}
VARY = {"site": ("Cookie", "HX-Request"), "api": ("Authorization",)}


def request_id_tween(handler: Handler, _registry: Any) -> Handler:
    """Accept a valid X-Request-ID or generate one, and add it to all log lines of the request."""

    def tween(request: Request) -> Response:
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        request.id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        started = time.perf_counter()
        with about(request.id):
            response = handler(request)
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            path = request.environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")[:500]
            log.info(
                "request",
                extra={
                    "method": request.method,
                    "path": path,
                    "status": response.status_code,
                    "ms": milliseconds,
                },
            )
        response.headerlist.append(("X-Request-ID", request.id))
        return response

    return tween


def headers_tween(handler: Handler, _registry: Any) -> Handler:
    """Add security headers, such as HSTS (RFC 6797) and CSP; a view may have set stricter ones."""

    def tween(request: Request) -> Response:
        response = handler(request)
        owed = [API if request.surface == "api" else SITE]
        if request.scheme == "https":
            owed.append(HTTPS)
        if request.surface and not request.matched_route:
            owed.append(PRIVATE)
            by_language = ("Accept-Language",) if response.content_type == "text/html" else ()
            add_vary(response, *VARY[request.surface], *by_language)
        add_absent(response, *owed)
        return response

    return tween


def add_absent(response: Response, *groups: dict[str, str]) -> None:
    """Add the headers that the response lacks. WebOb would search all headers for each of them."""
    headers = response.headerlist
    present = {name.lower() for name, _ in headers}
    headers.extend([item for group in groups for item in group.items() if item[0].lower() not in present])


def add_vary(response: Response, *names: str) -> None:
    """Add these names to Vary in one pass; `response.vary` takes several."""
    headers = response.headerlist
    for place, (name, value) in enumerate(headers):
        if name.lower() == "vary":
            named = value.split(", ")
            headers[place] = (name, ", ".join([*named, *(other for other in names if other not in named)]))
            return
    headers.append(("Vary", ", ".join(names)))


def includeme(config: Configurator) -> None:
    config.add_tween("intermediate.tweens.headers_tween", under=INGRESS)
    config.add_tween("intermediate.tweens.request_id_tween", under=INGRESS, over="intermediate.tweens.headers_tween")
