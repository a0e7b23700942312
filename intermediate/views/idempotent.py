"""`@view_config(..., idempotent=True)`: a view whose requests may have an `Idempotency-Key`.

See the IETF draft "The Idempotency-Key HTTP Header Field". Only successful responses are kept, so that a failed
request can be retried with the same key.
"""

import hashlib
import logging
import re
from datetime import timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy.exc import DBAPIError

from intermediate import idempotency
from intermediate.engines import is_locked
from intermediate.idempotency import Answer, Key
from intermediate.models.base import utcnow
from intermediate.problems import Problem
from intermediate.request import Request

log = logging.getLogger(__name__)
HEADER = "Idempotency-Key"
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Cache-Control")
RETRY_SECONDS = 1
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def idempotent_view(view: Any, info: Any) -> Any:
    """View deriver. It runs after the permission check, and sees responses."""
    if not info.options.get("idempotent"):
        return view

    def answered_once(context: Any, request: Request) -> Response:
        if HEADER not in request.headers:
            return view(context, request)
        key, fingerprint = read_key(request), fingerprint_of(request)
        since = utcnow() - timedelta(seconds=request.registry.app_settings.api.idempotency_seconds)
        if first := idempotency.find(request.db, key, since):
            return repeated(first, fingerprint)
        response = view(context, request)
        if response.status_code < 300:
            headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
            answer = Answer(fingerprint, response.status_code, headers, response.body.decode())
            if not kept(request, key, answer, since):
                request.tm.doom()
                first = idempotency.find(request.db, key, since)
                assert first, "what was there a moment ago is kept for hours"
                return repeated(first, fingerprint)
        return response

    return answered_once


idempotent_view.options = ("idempotent",)  # type: ignore[attr-defined]  # Pyramid reads it there


def read_key(request: Request) -> Key:
    text = request.headers[HEADER]
    if not _KEY.fullmatch(text):
        raise Problem(400, "invalid_idempotency_key", f"{HEADER} must be 1 to 255 printable ASCII characters.")
    assert request.identity, "a view that anybody may call cannot tell whose key it is"
    return Key(request.identity.user_id, text)


def fingerprint_of(request: Request) -> str:
    """Return a hash of the request without the boundary of a multipart body, which differs each time it is sent."""
    body, kind = request.body, request.content_type
    boundary = re.search(r'boundary="?([^";]+)', request.headers.get("Content-Type", ""))
    if kind.startswith("multipart/") and boundary:
        body = body.replace(boundary[1].encode("latin-1"), b"")
    head = f"{request.method} {request.path_qs}\n{kind}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def kept(request: Request, key: Key, answer: Answer, since: Any) -> bool:
    try:
        return idempotency.keep(request.db, key, answer, since)
    except DBAPIError as error:
        if not is_locked(request.registry.engine, error):
            raise
        detail = "A request with this key is still in progress. Send it again in a moment."
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise Problem(409, "idempotency_key_in_use", detail, headers=headers) from error


def repeated(first: Answer, fingerprint: str) -> Response:
    if first.fingerprint != fingerprint:
        detail = f"This {HEADER} was already used for a different request. Use a new key for each request."
        raise Problem(422, "idempotency_key_reused", detail)
    log.info("idempotent_repeat")
    response = Response(status=first.status, body=first.body.encode(), content_type=None)
    response.headers.update(first.headers)
    return response


def includeme(config: Configurator) -> None:
    config.add_view_deriver(idempotent_view, "idempotent")
