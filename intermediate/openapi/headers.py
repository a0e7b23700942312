"""Request and response headers in the OpenAPI document."""

from typing import Any

TEXT = {"type": "string"}
WHOLE = {"type": "integer", "minimum": 0}

OF_ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-ID": ("Appears in every log line of this request and of the job that it started.", TEXT),
    "ETag": ("The entity tag, for If-None-Match and If-Match.", TEXT),
    "Link": ("The other pages (RFC 8288): first, prev, next and last, if they exist.", TEXT),
    "Location": ("The URL of the new resource.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": ("After how many seconds to retry.", WHOLE),
    "WWW-Authenticate": ("RFC 6750: `Bearer`, and what is wrong with the token, if one was sent.", TEXT),
    "X-Cache": ("Whether the response came from the cache.", {"enum": ["hit", "miss", "bypass"]}),
    "Content-Disposition": ("The file name.", TEXT),
    "RateLimit": ("How many requests are left (draft-ietf-httpapi-ratelimit-headers).", TEXT),
    "RateLimit-Policy": ("How many requests are allowed in which period.", TEXT),
}
OF_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "If-None-Match": ("ETags that the client has. If one matches, a GET is 304, other methods are 412.", TEXT),
    "If-Match": ("ETags of the expected version. If none matches, the response is 412.", TEXT),
    "Idempotency-Key": (
        "A unique value for each operation. Sent again with the same request, it returns the first response.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"},
    ),
    "Last-Event-ID": ("The id of the last event that the client received.", TEXT),
}


def answers() -> dict[str, Any]:
    """Return `components.headers`: the response headers."""
    return {name: {"description": words, "schema": schema} for name, (words, schema) in OF_ANSWERS.items()}


def parameters() -> dict[str, Any]:
    """Return `components.parameters`: the request headers."""
    return {
        name: {"name": name, "in": "header", "description": words, "schema": schema}
        for name, (words, schema) in OF_REQUESTS.items()
    }


def refer(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
