"""Views of the site and the API. One file per resource or part of it, with the views of both surfaces side by side.

A view names its resource, its surface and its request methods. Views of both surfaces call the same functions for
their data, and use plugins only through their interfaces. Shared modules:

    predicates  methods                        view lookup, and the allowed methods of each resource
    owners  conditional  idempotent  paging    optional parameters and headers of API requests
    answers  words  typed                      responses of the site, form errors, and restored form input
    errors  problems                           the mapping of exceptions to problems, and their responses
"""

from typing import Any

from pyramid.config import Configurator

from intermediate.reads import dump
from intermediate.views.methods import MethodTable
from intermediate.views.predicates import SurfacePredicate


class JsonRenderer:
    """Render documents as JSON in UTF-8, without white space."""

    def __init__(self, _info: Any) -> None:
        pass

    def __call__(self, value: Any, system: dict[str, Any]) -> bytes:
        response = system["request"].response
        response.content_type, response.charset = "application/json", "utf-8"
        return dump(value)


def includeme(config: Configurator) -> None:
    config.add_view_predicate("surface", SurfacePredicate)
    config.add_renderer("json", JsonRenderer)
    # `intermediate.sanity` checks the origin, and does so for every scheme.
    config.set_default_csrf_options(check_origin=False, callback=lambda request: request.surface != "api")
    config.include("intermediate.openapi.operation")
    config.include("intermediate.views.idempotent")
    config.include("intermediate.views.health")
    config.include("intermediate.views.metrics")
    config.include("intermediate.views.reports")
    config.include("intermediate.views.choices")
    # Pyramid tries a resource's views in order. Those of the API come first: its requests are shorter and more common.
    config.scan("intermediate.views.tasks")
    config.scan("intermediate.views", ignore="intermediate.views.tasks")
    config.registry.methods = MethodTable(config)
