"""Which errors an operation answers: its own, and those that come of what it takes."""

from collections.abc import Iterable
from typing import Any

from intermediate.openapi import headers
from intermediate.openapi.operation import Operation

Codes = dict[int, tuple[str, ...]]
PROBLEM = "#/components/schemas/ProblemDocument"
OAUTH = "#/components/schemas/OAuthError"
MEANINGS = {
    400: "The request cannot be read.",
    401: "There is no token, or it is not valid.",
    403: "The account may not do this.",
    404: "There is nothing, or nothing of yours, at this address.",
    409: "It does not go with what is there.",
    412: "It changed since the ETag was read.",
    413: "The body is too large.",
    415: "The body is of another type than is taken here, or encoded.",
    422: "Parameters or fields are not right; `errors` says which.",
    429: "Too many requests.",
    503: "Something that this needs does not answer, or is at its limit.",
}
HEADERS = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}


def codes_of(operation: Operation, in_path: bool, admin: bool, away: Iterable[str]) -> Codes:
    """Status to codes. `away` are the codes of the services that it needs."""
    found: dict[int, list[str]] = {400: ["bad_request"], 503: [*away]}
    if not operation.public:
        found[401] = ["missing_token", "invalid_token"]
    if admin:
        found[403] = ["forbidden"]
    if in_path:
        found[404] = ["not_found"]
    if operation.body:
        found |= {413: ["too_large"], 415: ["unsupported_media_type"], 422: ["validation_error"]}
        found[400].append("malformed_json")
    if operation.query:
        found[422] = ["validation_error"]
    if operation.headers and "Idempotency-Key" in operation.headers:
        found[400].append("invalid_idempotency_key")
        found.setdefault(409, []).append("idempotency_key_in_use")
        found.setdefault(422, []).append("idempotency_key_reused")
    if operation.headers and ("If-Match" in operation.headers):
        found[412] = ["stale_version", "precondition_failed"]
    for status, codes in operation.problems.items():
        found.setdefault(status, []).extend(codes)
    return {status: tuple(dict.fromkeys(codes)) for status, codes in sorted(found.items()) if codes}


def response(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    """The description of an error. Its codes are told, so that a program can be written without provoking each."""
    schema = {"allOf": [{"$ref": PROBLEM}, {"properties": {"code": {"enum": [*codes]}, "status": {"const": status}}}]}
    return {
        "description": f"{MEANINGS[status]} Codes: {', '.join(codes)}.",
        "headers": headers.refer("X-Request-ID", *HEADERS.get(status, ())),
        "content": {"application/problem+json": {"schema": schema}},
    }


def oauth_response(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    """An error of the token endpoints, RFC 6749 section 5.2."""
    schema = {"allOf": [{"$ref": OAUTH}, {"properties": {"error": {"enum": [*codes]}}}]}
    return {
        "description": f"{MEANINGS[status]} Errors: {', '.join(codes)}.",
        "headers": headers.refer("X-Request-ID", *HEADERS.get(status, ())),
        "content": {"application/json": {"schema": schema}},
    }
