"""The operations that say what this is, and how it is."""

from intermediate.openapi.operation import Answer, Operation
from intermediate.schemas.documents import AliveDocument, HealthDocument, IndexDocument, OpenApiDocument

SHOW_INDEX = Operation(
    "show_index",
    "What this is, and where to go from here",
    {200: Answer("Name, version and links.", IndexDocument)},
    public=True,
    stateless=True,
)
IS_ALIVE = Operation(
    "is_alive",
    "Whether the process answers",
    {200: Answer("It does.", AliveDocument)},
    query=None,
    public=True,
    stateless=True,
)
IS_HEALTHY = Operation(
    "is_healthy",
    "Whether each part works",
    {
        200: Answer("The application works, if not all of it.", HealthDocument),
        503: Answer("The database cannot be used, or this server is about to end.", HealthDocument, ("Retry-After",)),
    },
    query=None,
    public=True,
    stateless=True,
)
SHOW_OPENAPI = Operation(
    "show_openapi",
    "This document",
    {
        200: Answer("The OpenAPI document.", OpenApiDocument, ("ETag",)),
        304: Answer("The client has it: If-None-Match names its ETag.", headers=("ETag",)),
    },
    headers=("If-None-Match",),
    query=None,
    public=True,
    stateless=True,
)
SHOW_METRICS = Operation(
    "show_metrics",
    "What Prometheus reads, for whom the settings allow it",
    {200: Answer("Metrics in Prometheus' text format.", {"text/plain": str})},
    problems={404: ("not_found",)},
    query=None,
    public=True,
    stateless=True,
)
