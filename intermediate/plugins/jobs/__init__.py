"""The job queue: `request.jobs`."""

from pyramid.config import Configurator

from intermediate.plugins import ConfigurationError, load
from intermediate.plugins.base import Capability
from intermediate.plugins.jobs.interface import Jobs


def refuse_unshared_tasks(config: Configurator) -> None:
    """Raise ConfigurationError if jobs may run in another process, where they would find no tasks.

    Otherwise the mistake would only show as empty reports.
    """
    registry, settings = config.registry, config.registry.app_settings
    if Capability.SHARED in registry.jobs.capabilities and Capability.SHARED not in registry.tasks.capabilities:
        raise ConfigurationError(
            f"jobs.backend = {settings.jobs.backend!r} also runs jobs in other processes, but tasks.backend ="
            f" {settings.tasks.backend!r} lives in this one: set jobs.backend = inline, or tasks.backend = sql."
        )


def includeme(config: Configurator) -> None:
    load(config, "jobs", Jobs)
    refuse_unshared_tasks(config)
    config.add_request_method(lambda request: request.registry.jobs, "jobs", reify=True)
