"""Headers of requests and answers, as the OpenAPI document describes them, each once."""

from typing import Any

TEXT = {"type": "string"}
WHOLE = {"type": "integer", "minimum": 0}

OF_ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-ID": ("Stands in every log line of this request, and of the job that it asked for.", TEXT),
    "ETag": ("The state of what is answered, for If-None-Match and If-Match.", TEXT),
    "Link": ("Where the other pages are (RFC 8288): first, prev, next and last, as far as there are any.", TEXT),
    "Location": ("Where it is.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": ("In how many seconds to try again.", WHOLE),
    "WWW-Authenticate": ("RFC 6750: `Bearer`, and what is wrong with the token, if there was one.", TEXT),
    "X-Cache": ("Whether the cache had it.", {"enum": ["hit", "miss", "bypass"]}),
    "Content-Disposition": ("The name for the file.", TEXT),
    "RateLimit": ("How many requests are left (draft-ietf-httpapi-ratelimit-headers).", TEXT),
    "RateLimit-Policy": ("How many requests there may be in which time.", TEXT),
}
OF_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "If-None-Match": ("ETags of what the client has. If one is right, the answer is 304.", TEXT),
    "If-Match": ("ETags of the state that the change is for. If none is right, the answer is 412.", TEXT),
    "Idempotency-Key": (
        "Any text that is new for each thing to be done. Sent again, with the same body, it gets the first answer.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"},
    ),
    "Last-Event-ID": ("The last event that the client has seen.", TEXT),
}


def answers() -> dict[str, Any]:
    """`components.headers`."""
    return {name: {"description": words, "schema": schema} for name, (words, schema) in OF_ANSWERS.items()}


def parameters() -> dict[str, Any]:
    """`components.parameters`: the headers of requests."""
    return {
        name: {"name": name, "in": "header", "description": words, "schema": schema}
        for name, (words, schema) in OF_REQUESTS.items()
    }


def refer(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
