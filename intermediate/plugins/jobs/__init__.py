"""The queue: `request.jobs`."""

from pyramid.config import Configurator

from intermediate.plugins import load
from intermediate.plugins.jobs.interface import Jobs


def includeme(config: Configurator) -> None:
    load(config, "jobs", Jobs)
    config.add_request_method(lambda request: request.registry.jobs, "jobs", reify=True)
