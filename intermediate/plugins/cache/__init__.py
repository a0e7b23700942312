"""The read-through cache: `request.cache`."""

from pyramid.config import Configurator

from intermediate.plugins import load
from intermediate.plugins.cache.interface import Cache


def includeme(config: Configurator) -> None:
    load(config, "cache", Cache)
    config.add_request_method(lambda request: request.registry.cache, "cache", reify=True)
