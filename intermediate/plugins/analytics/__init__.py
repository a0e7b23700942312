"""The analytics sink: `request.analytics`."""

from pyramid.config import Configurator

from intermediate.plugins import load
from intermediate.plugins.analytics.interface import Analytics


def includeme(config: Configurator) -> None:
    load(config, "analytics", Analytics)
    config.add_request_method(lambda request: request.registry.analytics, "analytics", reify=True)
