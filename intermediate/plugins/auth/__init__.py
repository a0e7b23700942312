"""The auth backend of the application: `request.auth`."""

from pyramid.config import Configurator

from intermediate.plugins import load
from intermediate.plugins.auth.interface import Auth


def includeme(config: Configurator) -> None:
    load(config, "auth", Auth)
    config.add_request_method(lambda request: request.registry.auth, "auth", reify=True)
