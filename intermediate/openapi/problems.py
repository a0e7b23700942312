"""The errors of an operation: its own, and those that its body, query, headers and authentication imply."""

from collections.abc import Mapping
from typing import Any

from intermediate.openapi import headers
from intermediate.openapi.operation import Operation

Codes = dict[int, tuple[str, ...]]
PROBLEM = "#/components/schemas/ProblemDocument"
OAUTH = "#/components/schemas/OAuthError"
MEANINGS = {
    400: "The request cannot be read.",
    401: "The token is missing or not valid.",
    403: "The account lacks the permission.",
    404: "It does not exist, or is not yours.",
    409: "The request conflicts with the current state.",
    412: "The resource has changed since the ETag was read.",
    413: "The request body is too large.",
    415: "The media type or content encoding of the request body is not supported.",
    422: "Parameters or fields are not valid; `errors` says which.",
    429: "Too many requests.",
    503: "A required service does not respond, or a limit is reached.",
}
HEADERS = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}


OF_BODIES = {
    400: ("malformed_json",),
    413: ("too_large",),
    415: ("unsupported_media_type",),
    422: ("validation_error",),
}
OF_FILES = {
    400: ("malformed_form",),
    413: ("too_large",),
    415: ("unsupported_media_type",),
    422: ("invalid_file", "validation_error"),
}
OF_HEADERS: dict[str, Codes] = {
    "If-Match": {412: ("stale_version",)},
    "Idempotency-Key": {
        400: ("invalid_idempotency_key",),
        409: ("idempotency_key_in_use",),
        422: ("idempotency_key_reused",),
    },
}


THERE: Codes = {412: ("precondition_failed",)}
"""The error of If-None-Match for an operation that only writes."""
OF_OAUTH = (400, 429)
"""The statuses of the token endpoints' errors in the format of RFC 6749. Other errors do not come from their views."""


def codes_of(operation: Operation, in_path: bool, admin: bool) -> Codes:
    """Return status to codes. `in_path`: the path contains an id, so the resource may not exist."""
    sources: list[Mapping[int, tuple[str, ...]]] = [
        {400: ("bad_request",)},
        {} if operation.stateless else {503: ("database_unavailable",)},
        {} if operation.public else {400: ("invalid_request",), 401: ("missing_token", "invalid_token")},
        {403: ("forbidden",)} if admin else {},
        {404: ("not_found",)} if in_path else {},
        OF_BODIES if operation.body else {},
        OF_FILES if operation.files else {},
        {422: ("validation_error",)} if operation.query else {},
        *(OF_HEADERS.get(name, {}) for name in operation.headers),
        THERE if "If-None-Match" in operation.headers and 304 not in operation.answers else {},
        operation.problems,
    ]
    found: dict[int, list[str]] = {}
    for source in sources:
        for status, codes in source.items():
            found.setdefault(status, []).extend(codes)
    return {status: tuple(dict.fromkeys(codes)) for status, codes in sorted(found.items())}


def response(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the description of an error response. It lists the codes, so that clients can be written from it."""
    schema = {"allOf": [{"$ref": PROBLEM}, {"properties": {"code": {"enum": [*codes]}, "status": {"const": status}}}]}
    return {
        "description": f"{MEANINGS[status]} Codes: {', '.join(codes)}.",
        "headers": headers.refer("X-Request-ID", *HEADERS.get(status, ())),
        "content": {"application/problem+json": {"schema": schema}},
    }


def oauth_response(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the description of an error response of the token endpoints (RFC 6749, section 5.2)."""
    schema = {"allOf": [{"$ref": OAUTH}, {"properties": {"error": {"enum": [*codes]}}}]}
    return {
        "description": f"{MEANINGS[status]} Errors: {', '.join(codes)}.",
        "headers": headers.refer("X-Request-ID", *HEADERS.get(status, ())),
        "content": {"application/json": {"schema": schema}},
    }
