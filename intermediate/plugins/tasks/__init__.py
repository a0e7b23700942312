"""The task store of a request: `request.tasks`."""

from pyramid.config import Configurator

from intermediate.plugins import load
from intermediate.plugins.tasks.interface import Tasks, TaskStore
from intermediate.plugins.tasks.versioned import VersionedStore
from intermediate.request import Request


def open_store(request: Request) -> TaskStore:
    """Return the request's store. Every write to tasks goes through it, so that the owner's version is incremented."""
    return VersionedStore(request.registry.tasks.open(request.tm, request.db), request.db)


def includeme(config: Configurator) -> None:
    load(config, "tasks", Tasks)
    config.add_request_method(open_store, "tasks", reify=True)
