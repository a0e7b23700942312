"""Views: how resources are shown. One file per resource or part of it, with the views of both surfaces side by side.

A view names its resource, its surface, and the methods that it takes. Views of both surfaces call the same functions
for their data, and know plugins by their interfaces only. What views share:

    predicates  methods                        which view a request finds, and which methods there are
    owners  conditional  idempotent  paging    what the API's requests may say besides
    answers  words  typed                      how the site answers, what is wrong with a form, what comes back in it
    errors  problems                           which error is which problem, and how one is answered
"""

from typing import Any

from pyramid.config import Configurator

from intermediate.reads import dump
from intermediate.views.methods import MethodTable
from intermediate.views.predicates import SurfacePredicate


class JsonRenderer:
    """Documents as the API sends them: UTF-8, without white space."""

    def __init__(self, _info: Any) -> None:
        pass

    def __call__(self, value: Any, system: dict[str, Any]) -> bytes:
        response = system["request"].response
        response.content_type, response.charset = "application/json", "utf-8"
        return dump(value)


def includeme(config: Configurator) -> None:
    config.add_view_predicate("surface", SurfacePredicate)
    config.add_renderer("json", JsonRenderer)
    # The origin is checked on every scheme, by intermediate.sanity.
    config.set_default_csrf_options(check_origin=False, callback=lambda request: request.surface != "api")
    config.include("intermediate.openapi.operation")
    config.include("intermediate.views.idempotent")
    config.include("intermediate.views.health")
    config.include("intermediate.views.metrics")
    config.include("intermediate.views.reports")
    config.include("intermediate.views.choices")
    # A resource's views are tried in turn: those of the API first, whose requests are the more, and the shorter.
    config.scan("intermediate.views.tasks")
    config.scan("intermediate.views", ignore="intermediate.views.tasks")
    config.registry.methods = MethodTable(config)
