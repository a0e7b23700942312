"""The operations on the application itself: index, health, this document, metrics."""

from intermediate.openapi.operation import Answer, Operation
from intermediate.schemas.documents import AliveDocument, HealthDocument, IndexDocument, OpenApiDocument

SHOW_INDEX = Operation(
    "show_index",
    "Get the name, the version and links",
    {200: Answer("Name, version and links.", IndexDocument)},
    public=True,
    stateless=True,
)
IS_ALIVE = Operation(
    "is_alive",
    "Check whether the process responds",
    {200: Answer("The process responds.", AliveDocument)},
    query=None,
    public=True,
    stateless=True,
)
IS_HEALTHY = Operation(
    "is_healthy",
    "Check whether each part works",
    {
        200: Answer("The application works, possibly degraded.", HealthDocument),
        503: Answer(
            "The database cannot be used, or the server is shutting down.",
            HealthDocument,
            ("Retry-After",),
        ),
    },
    query=None,
    public=True,
    stateless=True,
)
SHOW_OPENAPI = Operation(
    "show_openapi",
    "Get this document",
    {
        200: Answer("The OpenAPI document.", OpenApiDocument, ("ETag",)),
        304: Answer("Not changed: If-None-Match has the current ETag.", headers=("ETag",)),
    },
    headers=("If-None-Match",),
    query=None,
    public=True,
    stateless=True,
)
SHOW_METRICS = Operation(
    "show_metrics",
    "Get metrics for Prometheus, if the settings allow it",
    {200: Answer("Metrics in the Prometheus text format.", {"text/plain": str})},
    problems={404: ("not_found",)},
    query=None,
    public=True,
    stateless=True,
)
